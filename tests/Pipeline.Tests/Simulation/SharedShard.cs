using Orleans.Kpl.Pipeline.Rates;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>
/// Saturating producers, each with a bucket and an adaptive rate of its own, and perhaps a foreign writer that keeps its pace
/// whatever happens, at one shard that enforces its limits with a second of burst, or in windows of a second. Simulated event by event.
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
    private readonly Func<long, int, bool> _shardTakes;
    private long _now;
    private long _order;
    private long _foreignTaken;
    private long _foreignOffered;
    private readonly long _nothingArrivesBefore;

    public SharedShard(int producers, double foreign, int seed)
    {
        _random = new Random(seed);
        var atShard = new StreamOptions { BurstTime = TimeSpan.FromSeconds(1), AggregationMaxSize = 1 << 20 };
        var bucket = new TokenBucket(ShardLimits.From(atShard), 0);
        _shardTakes = (now, bytes) => bucket.TryTake(now, bytes);
        _producers = [.. Enumerable.Range(0, producers).Select(_ => new Producer())];
        foreach (var producer in _producers)
            At(Draw(50), () => Send(producer));
        if (foreign > 0)
            SendForeign((long)(ForeignRecord / (ShardLimits.BytesPerSecond * foreign) * Second));
    }

    /// <summary>One producer, at a shard that counts in windows; what it sends first, over a connection that is still made, arrives at once.</summary>
    public SharedShard(int seed, TimeSpan windowsFrom, TimeSpan nothingArrivesBefore)
        : this(1, 0, seed)
    {
        _nothingArrivesBefore = nothingArrivesBefore.Ticks;
        _shardTakes = new Windows(windowsFrom.Ticks).TryTake;
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
            At(Math.Max(_now, _nothingArrivesBefore) + RoundTrip.Ticks / 2 + Draw(20), () => Arrive(producer, begun, attempt));
        }

        At(Orleans.Kpl.Pipeline.Timing.Linger.AlignWakeUp(producer.Bucket.ReadyAt(_now, Aggregate)), () => Send(producer));
    }

    private void Arrive(Producer producer, long begun, int attempt)
    {
        producer.Offered += Aggregate;
        if (_shardTakes(_now, Aggregate))
        {
            producer.Taken += Aggregate;
            At(_now + RoundTrip.Ticks / 2, () => producer.Recent.Add(Aggregate, _now));
            return;
        }

        At(_now + RoundTrip.Ticks / 2, () =>
        {
            producer.Bucket.Refill(_now);
            producer.Rate.OnThrottled(_now, begun, producer.Recent.AreNearlyAll(_now));
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
                if (_shardTakes(_now, ForeignRecord))
                    _foreignTaken += ForeignRecord;
            });
            SendForeign(gap);
        });
    }

    private long Draw(int milliseconds) => _random.NextInt64(milliseconds * TimeSpan.TicksPerMillisecond);

    private void At(long instant, Action what) => _events.Enqueue(what, (instant, _order++));

    /// <summary>A second's bytes in each second, the first of which begins at some instant.</summary>
    private sealed class Windows(long from)
    {
        private long _window = -1;
        private long _taken;

        public bool TryTake(long now, int bytes)
        {
            var window = (now - from) / Second;
            if (window != _window)
                (_window, _taken) = (window, 0);
            if (_taken + bytes > ShardLimits.BytesPerSecond)
                return false;
            _taken += bytes;
            return true;
        }
    }

    private sealed class Producer
    {
        public AdaptiveRate Rate => Bucket.Rate;

        public RecentDeliveries Recent { get; } = new();

        public AdaptiveBucket Bucket { get; }

        public Queue<(long Due, int Attempt)> Retries { get; } = new();

        public long Taken { get; set; }

        public long Offered { get; set; }

        public Producer() => Bucket = new AdaptiveBucket(ShardLimits.From(new StreamOptions()), 0);
    }
}
