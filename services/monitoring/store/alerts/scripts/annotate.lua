-- Notes what others than the evaluator say of an alert: that it was taken, or told.
-- Keys: records, changes, active, ended, meta, feed, the hash of the note, history, its account's key.
-- Arguments: id, the note (empty: take it back), 1 if the alert must be active, 1 if it has an account, the step for
-- its history (empty: none).
-- Reply: 1; 0 if it is not active, -1 if there is none.
local keys = { records = KEYS[1], changes = KEYS[2], active = KEYS[3], ended = KEYS[4], meta = KEYS[5], feed = KEYS[6] }
local notes, history, account = KEYS[7], KEYS[8], KEYS[9]
local id, note, step = ARGV[1], ARGV[2], ARGV[5]
local position = alerts_check(keys)
redis.call('HLEN', notes)
if redis.call('HEXISTS', keys.records, id) == 0 then return -1 end
local is_active = redis.call('ZSCORE', keys.active, id) ~= false
if ARGV[3] == '1' and not is_active then return 0 end
if note == '' then redis.call('HDEL', notes, id) else redis.call('HSET', notes, id, note) end
if step ~= '' then alert_note(history, step) end
local sequence = alert_touch(keys, id, is_active, ARGV[4] == '1' and account or nil)
feed_publish(keys.feed, position, string.format('%.0f', sequence))
return 1
