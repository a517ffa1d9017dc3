//! Subjects that no emoji shows, drawn for drawstream on the emoji's grid, and those that are an emoji in costume.

/// The artwork of a subject of the painter's own: `own:…` in the table of subjects.
pub(crate) fn own_artwork(name: &str) -> Option<&'static str> {
    Some(match name {
        "own:lighthouse" => {
            "<svg><path fill='#66637A' d='M2 62c1-6 6-8 10-8h12c5 0 9 3 10 8z'/><path fill='#95919F' d='M6 60c1-4 4-6 8-6h4c-3 2-4 4-4 6z'/>\
             <path fill='#F5F8FA' d='M12.500 14h11L27 56H9z'/><path fill='#DD2E44' d='M11.900 21h12.200l.7 8H11.200zM10.600 37h14.800l.7 8.500H9.900z'/>\
             <path fill='#CCD6DD' d='M20.500 14h3L27 56h-5z'/><path fill='#A0041E' d='M21.100 21h3l.7 8h-3zM22.300 37h3.100l.7 8.500h-3z'/>\
             <path fill='#292F33' d='M10.500 12h15v2.500h-15z'/><path fill='#FFE88A' d='M13 5h10v7H13z'/><path fill='#292F33' d='M12.500 5h1.400v7h-1.400zM17.400 5h1.200v7h-1.200zM22.100 5h1.400v7h-1.400z'/>\
             <path fill='#DD2E44' d='M11 5.500c1-4 4-6.500 7-6.500s6 2.500 7 6.500z'/><path fill='#292F33' d='M15.500 49h5v7h-5zM16.500 31h3v4h-3z'/></svg>"
        }
        "own:windmill" => {
            "<svg><path fill='#F3DFC1' d='M11 18h14l4 38H7z'/><path fill='#D3B58F' d='M20 18h5l4 38h-6z'/><path fill='#A86B3F' d='M9.500 18c1-7 4-10 8.500-10s7.500 3 8.500 10z'/>\
             <path fill='#75452F' d='M20 8.500c4 1 6 4 6.500 9.500H20z'/><path fill='#75452F' d='M15 46h6v10h-6z'/><path fill='#55ACEE' d='M15.500 30h5v5h-5z'/>\
             <path fill='#F5F8FA' d='M19 15L35-4l4 3.500-16 19zM17 16L-2 0l-3.500 4 19 16zM18 19L2 38l-4-3.500 16-19zM19 17l19 16 3.500-4-19-16z'/>\
             <path fill='#75452F' d='M17 17L36-5l1 1-18.500 22zM18 16l21 18-1 1-21-18zM19 17L0 39l-1-1 18.500-22zM18 18L-3 0l1-1 21 18z'/><circle fill='#472B28' cx='18' cy='17' r='2.400'/></svg>"
        }
        "own:pirate ship" => {
            "<svg><path fill='#472B28' d='M17 2h2v34h-2zM8 8h1.600v28H8zM27 10h1.600v26H27z'/><path fill='#2B2B36' d='M19 2h9l-2 2.500 2 2.500h-9z'/>\
             <path fill='#F4EBD8' d='M11 9h15c2 5 2 9 0 14H11c2-5 2-9 0-14z'/><path fill='#D9C8A8' d='M20 9h6c2 5 2 9 0 14h-6c2-5 2-9 0-14z'/>\
             <path fill='#F4EBD8' d='M3 13h8c1 4 1 7 0 11H3c1-4 1-7 0-11zM24 15h8c1 3 1 6 0 10h-8c1-4 1-7 0-10z'/>\
             <path fill='#A86B3F' d='M-3 28h6l1 5h24l3-7h8c-1 9-5 16-10 19H6C1 42-2 36-3 28z'/><path fill='#75452F' d='M-1.500 36h37c-2 4-4 7-6.500 9H6c-3.500-2-6-5-7.500-9z'/>\
             <path fill='#FFCC4D' d='M4 33h24v1.500H4z'/><path fill='#2B2B36' d='M8 37h3v3H8zM15 37h3v3h-3zM22 37h3v3h-3z'/></svg>"
        }
        "own:bridge" => {
            "<svg><path fill='#95919F' d='M-8 24C2 10 34 10 44 24v14h-7c0-9-5-13-9-13s-7 4-7 13h-6c0-9-3-13-7-13s-9 4-9 13h-7z'/><path fill='#C9C6D2' d='M-8 22C2 8 34 8 44 22v4C34 13 2 13-8 26z'/>\
             <path fill='#66637A' d='M-8 34h7v4h-7zM15 34h6v4h-6zM37 34h7v4h-7z'/></svg>"
        }
        "own:lantern" => {
            "<svg><path fill='#292F33' d='M16.500 12h3v44h-3zM12 54h12v3H12zM11 11h14v2H11zM12-1h12l2 3H10z'/><path fill='#FFE88A' d='M12 2h12l-1.500 9h-9z'/><path fill='#FFF7D6' d='M15 2h5l-.8 9h-3.400z'/></svg>"
        }
        _ => return None,
    })
}

/// The emoji and the costume that a subject of the painter's own stands for.
pub(crate) fn dressed(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "own:pirate" => ("🧔", "pirate hat"),
        "own:knight" => ("🧑", "knight helmet"),
        "own:samurai" => ("🧑", "samurai helmet"),
        "own:viking" => ("🧔", "viking helmet"),
        "own:cowboy" => ("🧑", "cowboy hat"),
        _ => return None,
    })
}
