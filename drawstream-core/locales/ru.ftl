# Что говорит сцена. Слов зрителей здесь нет.
caption = Всё для вас
anonymous = Аноним

eyebrow-idle = Заказы открыты
eyebrow-closed = Заказы закрыты
eyebrow-preparing = Художник за работой
eyebrow-drawing = Сейчас рисуем
eyebrow-holding = Готово
eyebrow-refused = Не в этот раз
eyebrow-failed = С этим не вышло
eyebrow-thanked = Спасибо
eyebrow-paused = Пауза

idle-title = Ваши слова станут картиной
idle-step-1 = Пришлите донат с сообщением
idle-step-1-least = Пришлите от { $name } с сообщением
idle-step-2 = Напишите, что хотите увидеть
idle-step-3 = Смотрите, как её пишут мазок за мазком

closed-title = Спасибо за каждую картину
closed-text = Всё, что уже в очереди, будет нарисовано. До встречи!

test-mark = тест
no-message = Пусть будет сюрприз
refused-reply = Ты слишком мал
failed-reply = Не получилось нарисовать этот заказ
thanked-reply = Спасибо вам!

preparing-note = смешиваем краски
preparing-canvas = Чистый холст
time-left = осталось { $time }
next-in = следующая через { $time }
painted-for = Картина для { $name }
paused-note = Пауза

next-title = Далее
next-nobody = Следующая картина может быть вашей
next-by-amount = крупные чуть раньше
wait-next = следующий
wait-soon = меньше минуты
wait-minutes = { $count ->
    [one] через { $count } минуту
    [few] через { $count } минуты
   *[many] через { $count } минут
}
wait-hours = { $count ->
    [one] через { $count } час
    [few] через { $count } часа
   *[many] через { $count } часов
}
wait-unknown = готовится
waiting = { $count ->
    [0] никто не ждёт
    [one] ждёт { $count } заказ
    [few] ждут { $count } заказа
   *[many] ждут { $count } заказов
}

source-connecting = подключаемся
source-live = на связи
source-reconnecting = переподключаемся
source-offline = нет связи

cover-title = Скоро вернёмся
frames = { $count } к/с

keys-title = Клавиши окна
key-space = Пробел
key-pause = пауза или дальше
key-skip = пропустить картину
key-again = с начала
key-full-screen = на весь экран и обратно
key-hud = показать или спрятать панели
key-help = эта подсказка и обратно
