using Orleans.Kpl.Pipeline.Limiting;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>
/// Saturating producers, each with a bucket and an adaptive rate of its own, and perhaps a foreign writer that keeps its pace
/// whatever happens, at one shard that enforces its limits with a second of burst. Simulated event by event.
/// </summary>
internal sealed class SharedShard
{
    private const int Aggregate = 51_201;
    private const int ForeignRecord = 1_048;
    private const long Second = TimeSpan.TicksPerSecond;

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(20);
    private readonly Random _random;
    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly Producer[] _producers;
    private readonly TokenBucket _shard;
    private long _now;
    private long _order;
    private long _foreignTaken;
    private long _foreignOffered;

    public SharedShard(int producers, double foreign, int seed)
    {
        _random = new Random(seed);
        var atShard = new StreamOptions { BurstTime = TimeSpan.FromSeconds(1), AggregationMaxSize = 1 << 20 };
        _shard = new TokenBucket(ShardLimits.From(atShard), 0);
        _producers = [.. Enumerable.Range(0, producers).Select(_ => new Producer())];
        foreach (var producer in _producers)
            At(Draw(50), () => Send(producer));
        if (foreign > 0)
            SendForeign((long)(ForeignRecord / (ShardLimits.BytesPerSecond * foreign) * Second));
    }

    /// <summary>What the shard took, as a share of what it can take in that time.</summary>
    public double Used => (_producers.Sum(p => p.Taken) + _foreignTaken) / (ShardLimits.BytesPerSecond * _now / Second);

    /// <summary>Throttled bytes as a share of all that were offered.</summary>
    public double Throttled
    {
        get
        {
            var offered = _producers.Sum(p => p.Offered) + _foreignOffered;
            return (offered - _producers.Sum(p => p.Taken) - _foreignTaken) / (double)offered;
        }
    }

    /// <summary>The same of the producers alone.</summary>
    public double OwnThrottled => 1 - _producers.Sum(p => p.Taken) / (double)_producers.Sum(p => p.Offered);

    /// <summary>What the largest producer got, over the smallest.</summary>
    public double Inequality => _producers.Max(p => p.Taken) / (double)_producers.Min(p => p.Taken);

    public void Run(TimeSpan time)
    {
        while (_events.TryPeek(out _, out var due) && due.Item1 <= time.Ticks)
        {
            _now = due.Item1;
            _events.Dequeue()();
        }

        _now = time.Ticks;
    }

    private void Send(Producer producer)
    {
        while (producer.Bucket.TryTake(_now, Aggregate))
        {
            var attempt = producer.Retries.Count > 0 && producer.Retries.Peek().Due <= _now ? producer.Retries.Dequeue().Attempt : 0;
            var begun = _now;
            At(_now + RoundTrip.Ticks / 2 + Draw(20), () => Arrive(producer, begun, attempt));
        }

        At(Orleans.Kpl.Pipeline.Timing.Linger.AlignWakeUp(producer.Bucket.ReadyAt(_now, Aggregate)), () => Send(producer));
    }

    private void Arrive(Producer producer, long begun, int attempt)
    {
        producer.Offered += Aggregate;
        if (_shard.TryTake(_now, Aggregate))
        {
            producer.Taken += Aggregate;
            return;
        }

        At(_now + RoundTrip.Ticks / 2, () =>
        {
            producer.Bucket.Refill(_now);
            producer.Rate.OnThrottled(_now, begun);
            var wait = 50 << Math.Min(attempt, 6);
            producer.Retries.Enqueue((_now + (long)(wait * (0.5 + _random.NextDouble() / 2) * TimeSpan.TicksPerMillisecond), attempt + 1));
        });
    }

    private void SendForeign(long gap)
    {
        At(_now + gap, () =>
        {
            At(_now + Draw(20), () =>
            {
                _foreignOffered += ForeignRecord;
                if (_shard.TryTake(_now, ForeignRecord))
                    _foreignTaken += ForeignRecord;
            });
            SendForeign(gap);
        });
    }

    private long Draw(int milliseconds) => _random.NextInt64(milliseconds * TimeSpan.TicksPerMillisecond);

    private void At(long instant, Action what) => _events.Enqueue(what, (instant, _order++));

    private sealed class Producer
    {
        public AdaptiveRate Rate { get; } = new();

        public TokenBucket Bucket { get; }

        public Queue<(long Due, int Attempt)> Retries { get; } = new();

        public long Taken { get; set; }

        public long Offered { get; set; }

        public Producer() => Bucket = new TokenBucket(ShardLimits.From(new StreamOptions()), 0, Rate);
    }
}
