// What the pages say, in the language of the show.

const en = {
  "idle": "The easel is free", "idle-how": "Donate with a message, and it is painted here",
  "closed": "Requests are closed", "preparing": "Getting ready", "drawing": "Now painting",
  "holding": "Finished", "refused_card": "Refused", "failed_card": "Could not be painted", "thanks_card": "Thank you",
  "thanks-reply": "Thank you for the donation", "thanked": "thanked for", "close-door": "Close requests", "open-door": "Open requests",
  "refused-reply": "You are too small", "failed-reply": "Unable to draw this request",
  "paused": "Paused", "covered": "Covered", "up": "On air", "anonymous": "Anonymous",
  "left": "{0} left", "stays": "stays {0}", "next": "Next", "waiting-count": { one: "{0} is waiting", other: "{0} are waiting" },
  "nobody": "Nobody is waiting", "in-minute": "in under a minute", "in-minutes": { one: "in {0} minute", other: "in {0} minutes" },
  "being-made": "being painted", "lost": "No connection to the program. Trying again…",
  "no-entry": "This page needs a link. Ask the streamer for one, or run “drawstream links”.",
  "brief-pause": "A short break", "skip": "Skip", "pause": "Pause", "resume": "Go on", "replay": "Replay",
  "hold-longer": "Hold longer", "panic": "Panic", "panic-off": "Lift the cover", "panic-hint": "Covers the stage at once and keeps the queue",
  "is-covered": "The stage is covered. The queue is kept, time stands still.",
  "waiting": "Waiting", "held": "To approve", "shown": "Shown", "refused": "Refused",
  "approve": "Approve", "refuse": "Refuse", "edit": "Edit", "retry": "Once more", "undo": "Undo",
  "move-up": "Earlier", "move-down": "Later", "to-front": "Next",
  "plan": "Plan", "timelapse": "Time-lapse", "test": "test", "edited": "edited", "approved": "approved",
  "received": "new", "gated": "let through", "planned": "planned", "painted": "painted", "held-state": "to approve",
  "ready": "ready", "drawing-state": "on the stage", "shown-state": "shown", "refused-state": "refused",
  "failed": "failed", "skipped": "skipped", "cleared": "cleared",
  "empty-waiting": "Nobody waits. A test donation shows how it looks.", "empty-held": "Nothing to approve.",
  "empty-shown": "Nothing was shown yet.", "empty-refused": "Nothing was refused.",
  "more": "Show more", "clear": "Clear the queue", "clear-sure": "Clear everything that waits? What is on goes on.",
  "test-donation": "Test donation", "name": "Name", "amount": "Amount", "message": "What shall be painted", "send": "Donate",
  "outputs": "Video", "the video": "File", "the stream": "Stream", "output-starting": "starting", "output-live": "live",
  "output-waiting": "broken off; trying again", "output-failed": "given up", "output-done": "finished",
  "frames-of": { one: "{0} frame", other: "{0} frames" }, "dropped-of": "{0} left out", "restarts-of": { one: "started again once", other: "started again {0} times" },
  "sources": "Sources", "workers": "Planners and painters", "settings": "Settings", "hold_sec": "A painting stays, seconds",
  "drawing_sec": "A drawing takes, seconds (0: by stroke)", "approval": "Approval before air", "none": "none", "suspicious": "only suspicious",
  "all": "all", "theme": "Theme", "caption": "Caption", "fps_shown": "Show frames per second", "hud_shown": "Show the panels", "save": "Apply", "saved": "Applied",
  "until-end": "Until the program ends; the settings file is not changed.", "done-of": "{0} done, {1} failed", "last-error": "last error: {0}",
  "pool": "Painting pool", "pool-queue": "{0} wait, {1} in hand; {2} of all shows", "pool-down": "its server does not answer",
  "worker-idle": "idle", "worker-painting": "painting", "worker-resting": "resting after a failure", "worker-leaving": "leaving",
  "not-yet": "no work yet", "seconds": "{0} s", "edit-title": "Paint from other words", "edit-hint": "They pass the gate like a donor’s. The donor’s own words are kept.",
  "cancel": "Cancel", "paint": "Paint this", "owner": "Owner", "moderator": "Moderator", "viewer": "Stage", "canvas": "The canvas, live",
  "taken-back": "Taken back", "done": "Done", "keys": "Keys: Space pause · S skip · R replay · L hold longer · P panic · 1–4 lists · D test donation",
  "link-off": "off", "link-down": "reconnecting", "link-connecting": "connecting", "link-live": "live",
  "frames": { one: "{0} frame a second", other: "{0} frames a second" }, "late": "{0} late", "spoken": "(no words)", "main": "Steering", "lists": "Donations", "side": "How things are",
};

const ru = {
  "idle": "Мольберт свободен", "idle-how": "Отправьте донат с сообщением — и здесь появится картина",
  "closed": "Заявки закрыты", "preparing": "Готовимся", "drawing": "Сейчас рисуем",
  "holding": "Готово", "refused_card": "Отказано", "failed_card": "Не удалось нарисовать", "thanks_card": "Спасибо",
  "thanks-reply": "Спасибо за донат", "thanked": "поблагодарили", "close-door": "Закрыть заявки", "open-door": "Открыть заявки",
  "refused-reply": "Ты слишком мал", "failed-reply": "Не получилось нарисовать эту заявку",
  "paused": "Пауза", "covered": "Закрыто", "up": "В эфире", "anonymous": "Аноним",
  "left": "осталось {0}", "stays": "ещё {0}", "next": "Далее", "waiting-count": { one: "{0} ждёт", few: "{0} ждут", many: "{0} ждут", other: "{0} ждут" },
  "nobody": "Никто не ждёт", "in-minute": "меньше минуты", "in-minutes": { one: "через {0} минуту", few: "через {0} минуты", many: "через {0} минут", other: "через {0} минуты" },
  "being-made": "рисуется", "lost": "Нет связи с программой. Пробуем снова…",
  "no-entry": "Этой странице нужна ссылка. Попросите её у стримера или выполните «drawstream links».",
  "brief-pause": "Небольшой перерыв", "skip": "Пропустить", "pause": "Пауза", "resume": "Дальше", "replay": "Заново",
  "hold-longer": "Держать дольше", "panic": "Паника", "panic-off": "Открыть сцену", "panic-hint": "Сразу закрывает сцену, очередь остаётся",
  "is-covered": "Сцена закрыта. Очередь на месте, время стоит.",
  "waiting": "Ждут", "held": "На проверке", "shown": "Показаны", "refused": "Отказано",
  "approve": "Одобрить", "refuse": "Отказать", "edit": "Изменить", "retry": "Ещё раз", "undo": "Отменить",
  "move-up": "Раньше", "move-down": "Позже", "to-front": "Следующим",
  "plan": "План", "timelapse": "Таймлапс", "test": "тест", "edited": "изменено", "approved": "одобрено",
  "received": "новый", "gated": "допущен", "planned": "задуман", "painted": "нарисован", "held-state": "на проверке",
  "ready": "готов", "drawing-state": "на сцене", "shown-state": "показан", "refused-state": "отказано",
  "failed": "не вышло", "skipped": "пропущен", "cleared": "очищен",
  "empty-waiting": "Никто не ждёт. Тестовый донат покажет, как это выглядит.", "empty-held": "Проверять нечего.",
  "empty-shown": "Ещё ничего не показано.", "empty-refused": "Отказов не было.",
  "more": "Показать ещё", "clear": "Очистить очередь", "clear-sure": "Убрать всё, что ждёт? То, что на сцене, останется.",
  "test-donation": "Тестовый донат", "name": "Имя", "amount": "Сумма", "message": "Что нарисовать", "send": "Отправить",
  "outputs": "Видео", "the video": "Файл", "the stream": "Трансляция", "output-starting": "запускается", "output-live": "идёт",
  "output-waiting": "прервалось; пробуем снова", "output-failed": "не удалось", "output-done": "закончено",
  "frames-of": { one: "{0} кадр", few: "{0} кадра", many: "{0} кадров", other: "{0} кадра" }, "dropped-of": "пропущено {0}",
  "restarts-of": { one: "перезапуск: {0}", few: "перезапуска: {0}", many: "перезапусков: {0}", other: "перезапусков: {0}" },
  "sources": "Источники", "workers": "Планировщики и художники", "settings": "Настройки", "hold_sec": "Картина остаётся, секунд",
  "drawing_sec": "Рисование длится, секунд (0: по мазкам)", "approval": "Проверка до эфира", "none": "никого", "suspicious": "подозрительных",
  "all": "всех", "theme": "Тема", "caption": "Подпись", "fps_shown": "Показывать кадры в секунду", "hud_shown": "Показывать панели", "save": "Применить", "saved": "Применено",
  "until-end": "До конца работы программы; файл настроек не меняется.", "done-of": "сделано {0}, не вышло {1}", "last-error": "последняя ошибка: {0}",
  "pool": "Художники на других машинах", "pool-queue": "ждут: {0}, в работе: {1}; всех шоу: {2}", "pool-down": "сервер не отвечает",
  "worker-idle": "свободен", "worker-painting": "рисует", "worker-resting": "отдыхает после сбоя", "worker-leaving": "уходит",
  "not-yet": "ещё не работал", "seconds": "{0} с", "edit-title": "Нарисовать по другим словам", "edit-hint": "Они проходят проверку, как слова зрителя. Его слова сохраняются.",
  "cancel": "Не менять", "paint": "Нарисовать", "owner": "Стример", "moderator": "Модератор", "viewer": "Сцена", "canvas": "Холст в эфире",
  "taken-back": "Отменено", "done": "Сделано", "keys": "Клавиши: пробел — пауза · S — пропустить · R — заново · L — дольше · P — паника · 1–4 — списки · D — тестовый донат",
  "link-off": "выключен", "link-down": "переподключение", "link-connecting": "подключение", "link-live": "на связи",
  "frames": { one: "{0} кадр в секунду", few: "{0} кадра в секунду", many: "{0} кадров в секунду", other: "{0} кадра в секунду" }, "late": "поздних: {0}", "spoken": "(без слов)", "main": "Управление", "lists": "Донаты", "side": "Состояние",
};

const languages = { en, ru };
let language = "en";

/** Speaks this language from now on. Says whether that is another one than before. */
export function speak(name) {
  if (!languages[name] || name === language) return false;
  language = name;
  document.documentElement.lang = name;
  return true;
}

/** A sentence; the first value decides its number where it has several forms. */
export function say(name, ...values) {
  let sentence = languages[language][name] ?? en[name] ?? name;
  if (typeof sentence === "object") {
    const form = new Intl.PluralRules(language).select(values[0]);
    sentence = sentence[form] ?? sentence.other;
  }
  return sentence.replace(/\{(\d)\}/g, (_, index) => values[index]);
}

/** Minutes and seconds. */
export function time(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function wait(seconds) {
  if (seconds == null) return say("being-made");
  if (seconds < 60) return say("in-minute");
  return say("in-minutes", Math.round(seconds / 60));
}

/** An amount such as `7.50 USD` as people write it there. */
export function money(amount) {
  const [value, currency] = amount.split(" ");
  try {
    const whole = Number(value) % 1 === 0;
    return new Intl.NumberFormat(language, {
      style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: whole ? 0 : undefined,
    }).format(Number(value));
  } catch {
    return amount;
  }
}
