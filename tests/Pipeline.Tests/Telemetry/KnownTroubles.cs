using System.Globalization;
using System.Text;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>
/// What becomes of the load whose every value is known: the first call fails as a whole, 37 records of the first shard are throttled once each, 5 of the
/// second are refused for good, and one of the third is taken by the fourth.
/// </summary>
internal sealed class KnownTroubles
{
    private readonly Lock _lock = new();
    private readonly HashSet<UInt128> _throttled = [];
    private bool _hasTakenOneElsewhere;
    private int _calls;

    /// <summary>Has a Kinesis make them.</summary>
    public static void AddTo(FakeKinesis kinesis)
    {
        var troubles = new KnownTroubles();
        kinesis.BeforePut = (_, _) => Interlocked.Increment(ref troubles._calls) == 1
            ? throw new KinesisException(KinesisFailureKind.Refused, "ServiceUnavailable", "come again", 503)
            : ValueTask.CompletedTask;
        kinesis.Refuse = troubles.Refuse;
        kinesis.Answer = troubles.TakeOneElsewhere;
    }

    /// <summary>Record n goes to shard n / 250, by an explicit hash key; its data begins with its number.</summary>
    public static UserRecord[] Records(int first, int count) => [.. Enumerable.Range(first, count).Select(static n => new UserRecord(
        "key", Encoding.UTF8.GetBytes($"{n:D4}".PadRight(20, 'x')), (UInt128.MaxValue / 4 * (UInt128)(n / 250)) + (UInt128)(1 + n)))];

    private PutRecordsReplyEntry? Refuse(PutRecordsEntry entry, ShardRange shard)
    {
        lock (_lock)
        {
            if (shard.ShardId == "shardId-000000000000" && _throttled.Count < 37 && _throttled.Add(entry.ExplicitHashKey))
                return new(null, null, RecordErrorCodes.Throttled, $"Rate exceeded for shard {shard.ShardId} in stream events under account 000000000000.");
        }

        var number = int.Parse(Encoding.UTF8.GetString(entry.Data.Span)[..4], CultureInfo.InvariantCulture);
        return number is 251 or 252 or 253 or 254 or 255 ? new(null, null, "ValidationException", "never") : null;
    }

    private PutRecordsReply TakeOneElsewhere(PutRecordsReply reply)
    {
        lock (_lock)
        {
            for (var i = 0; i < reply.Entries.Count && !_hasTakenOneElsewhere; i++)
            {
                if (reply.Entries[i].ShardId != "shardId-000000000002")
                    continue;
                _hasTakenOneElsewhere = true;
                return new PutRecordsReply([.. reply.Entries.Select((e, place) => place == i ? e with { ShardId = "shardId-000000000003" } : e)]);
            }
        }

        return reply;
    }
}
