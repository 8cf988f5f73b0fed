-- Reply: due, waiting for later, leased, dead, dropped, 1 if paused, ms that the message longest due waits.
local queue, now_ms = queue_at(KEYS, 1), queue_now_ms()
local due = redis.call('ZCOUNT', queue.waiting, '-inf', queue_text(now_ms))
local first = redis.call('ZRANGE', queue.waiting, 0, 0, 'WITHSCORES')
return {
  due,
  redis.call('ZCARD', queue.waiting) - due,
  redis.call('ZCARD', queue.leased),
  redis.call('ZCARD', queue.dead),
  tonumber(redis.call('HGET', queue.control, 'dropped') or '0'),
  tonumber(redis.call('HGET', queue.control, 'paused') or '0'),
  due > 0 and math.max(0, now_ms - tonumber(first[2])) or 0,
}
