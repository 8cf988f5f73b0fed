-- Writes alerts as the evaluator left them, and how its rules went.
-- Keys: records, changes, active, ended, meta, feed, rule statuses, then per alert its history and its account's key
-- (the history again if it has no account).
-- Arguments: number of alerts; per alert id, record, ms from which it is dropped (empty while it is active), 1 if it
-- has an account, number of steps, the steps; then rule id and status (empty: forget it) in turn.
-- Reply: number of the last change.
local keys = { records = KEYS[1], changes = KEYS[2], active = KEYS[3], ended = KEYS[4], meta = KEYS[5], feed = KEYS[6] }
local statuses = KEYS[7]
local position = alerts_check(keys)
redis.call('HLEN', statuses)
local count, next_argument = tonumber(ARGV[1]), 2
local sequence
for i = 1, count do
  local history, account = KEYS[6 + 2 * i], KEYS[7 + 2 * i]
  local id, record, dropped_ms = ARGV[next_argument], ARGV[next_argument + 1], ARGV[next_argument + 2]
  local has_account, steps = ARGV[next_argument + 3] == '1', tonumber(ARGV[next_argument + 4])
  redis.call('HSET', keys.records, id, record)
  if dropped_ms ~= '' then redis.call('ZADD', keys.ended, dropped_ms, id) end
  for step = 1, steps do alert_note(history, ARGV[next_argument + 4 + step]) end
  sequence = alert_touch(keys, id, dropped_ms == '', has_account and account or nil)
  next_argument = next_argument + 5 + steps
end
for i = next_argument, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', statuses, ARGV[i]) else redis.call('HSET', statuses, ARGV[i], ARGV[i + 1]) end
end
if sequence then feed_publish(keys.feed, position, string.format('%.0f', sequence)) end
return sequence or 0
