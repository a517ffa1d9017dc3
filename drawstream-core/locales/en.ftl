# What the stage says. The viewers' own words are never in here.
caption = All for you
anonymous = Anonymous

eyebrow-idle = Requests are open
eyebrow-closed = Requests are closed
eyebrow-preparing = The artist is at work
eyebrow-drawing = Now painting
eyebrow-holding = Finished
eyebrow-refused = Not this time
eyebrow-failed = No luck with this one
eyebrow-thanked = Thank you
eyebrow-paused = Paused

idle-title = Your words become a painting
idle-step-1 = Send a donation with a message
idle-step-1-least = Send { $name } or more, with a message
idle-step-2 = Say what you would like to see
idle-step-3 = Watch it painted, stroke by stroke

closed-title = Thank you for every painting
closed-text = What is waiting will still be painted. See you next time!

test-mark = test
no-message = A surprise, please
refused-reply = You are too small
failed-reply = Unable to draw this request
thanked-reply = Thank you!

preparing-note = mixing the colours
preparing-canvas = A fresh canvas
time-left = { $time } left
next-in = next in { $time }
painted-for = Painted for { $name }
paused-note = Paused

next-title = Next
next-nobody = The next one could be yours
next-by-amount = larger ones a little sooner
wait-next = up next
wait-soon = in under a minute
wait-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
wait-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
wait-unknown = in preparation
waiting = { $count ->
    [0] nobody is waiting
    [one] { $count } is waiting
   *[other] { $count } are waiting
}

source-connecting = connecting
source-live = live
source-reconnecting = reconnecting
source-offline = offline

cover-title = Back in a moment
frames = { $count } fps

keys-title = Keys of the window
key-space = Space
key-pause = pause, or go on
key-skip = skip what is on
key-again = from the beginning
key-full-screen = full screen, and back
key-hud = show or hide the panels
key-help = this sheet, and back
