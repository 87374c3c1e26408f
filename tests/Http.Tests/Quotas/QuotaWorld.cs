using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

/// <summary>
/// Silos that share the quotas of one identity, in one thread: clients ask as often as they can, and messages take their time or are lost.
/// </summary>
internal sealed class QuotaWorld
{
    public const long Limit = 1_000;
    public const int RecordsOfARequest = 10;

    private const string Identity = "orders";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(40);
    private static readonly IdentityQuota Quota = new(RecordsPerSecond: Limit);

    private readonly FakeTimeProvider _time = new();
    private readonly Random _random;
    private readonly List<Silo> _silos = [];
    private readonly PriorityQueue<Action, long> _events = new();
    private readonly double _loss;

    /// <param name="loss">How many of the messages are lost, of 1.</param>
    public QuotaWorld(double loss = 0, int seed = 1) => (_loss, _random) = (loss, new Random(seed));

    /// <summary>What was taken in each step, by all silos together.</summary>
    public List<long> Taken { get; } = [];

    /// <summary>The most that the silos together could give out a second at any instant, of the limit.</summary>
    public double MostShared { get; private set; }

    public static int StepsOf(TimeSpan time) => (int)(time / Step);

    /// <summary>A silo begins; it exchanges at instants of its own.</summary>
    public void Start(bool exchanges = true)
    {
        var silo = new Silo($"silo-{_silos.Count}", exchanges, _time);
        _silos.Add(silo);
        foreach (var one in _silos)
            one.Shares.Meet(OthersOf(one));
        if (exchanges)
            At(TimeSpan.FromMilliseconds(_random.Next(100)), () => Exchange(silo));
    }

    /// <summary>Runs for a while; says for each instant and silo whether clients ask there, as often as they are let.</summary>
    public void Run(TimeSpan length, Func<double, int, bool> asks)
    {
        for (var i = StepsOf(length); i > 0; i--)
        {
            _time.Advance(Step);
            while (_events.TryPeek(out var next, out var due) && due <= _time.GetTimestamp())
            {
                _events.Dequeue();
                next();
            }

            var now = TimeSpan.FromTicks(_time.GetTimestamp()).TotalSeconds;
            Taken.Add(_silos.Index().Where(s => asks(now, s.Index)).Sum(s => s.Item.Put()));
            MostShared = Math.Max(MostShared, _silos.Sum(static s => s.Shares.View.RecordsOf(Identity, Limit)) / Limit);
        }
    }

    /// <summary>The most that was taken in any ten seconds, in seconds' worth of the limit.</summary>
    public double MostInTenSeconds()
    {
        var (window, sum, most) = (StepsOf(TimeSpan.FromSeconds(10)), 0L, 0L);
        for (var i = 0; i < Taken.Count; i++)
        {
            sum += Taken[i] - (i >= window ? Taken[i - window] : 0);
            most = Math.Max(most, sum);
        }

        return most / (double)Limit;
    }

    /// <summary>What was taken in the last ten seconds, in seconds' worth of the limit.</summary>
    public double LastTenSeconds() => Taken.TakeLast(StepsOf(TimeSpan.FromSeconds(10))).Sum() / (double)Limit;

    private List<string> OthersOf(Silo silo) => [.. _silos.Where(s => s != silo).Select(static s => s.Name)];

    private void At(TimeSpan later, Action act) => _events.Enqueue(act, _time.GetTimestamp() + later.Ticks);

    private void Exchange(Silo silo)
    {
        var report = silo.Shares.Begin(silo.Name, OthersOf(silo), silo.TakeDemand(), []);
        HashSet<string> told = [];
        foreach (var other in _silos.Where(s => s != silo && s.Exchanges))
        {
            if (_random.NextDouble() < _loss)
                continue;
            At(Latency, () =>
            {
                other.Shares.Take(report);
                var answer = other.Shares.Latest;
                if (_random.NextDouble() < _loss)
                    return;
                At(Latency, () =>
                {
                    if (answer is not null)
                        silo.Shares.Take(answer);
                    told.Add(other.Name);
                });
            });
        }

        At(Latency * 3, () => silo.Shares.End(report, told));
        At(QuotaExchange.Interval, () => Exchange(silo));
    }

    /// <summary>One silo, as far as quotas go.</summary>
    private sealed class Silo
    {
        private readonly FakeTimeProvider _time;
        private readonly IdentityUsage _usage;
        private long _measuredAt;

        public Silo(string name, bool exchanges, FakeTimeProvider time)
        {
            (Name, Exchanges, _time, _measuredAt) = (name, exchanges, time, time.GetTimestamp());
            Shares = new QuotaShares(time);
            _usage = new IdentityUsage(time, Identity, Shares);
        }

        public string Name { get; }

        public bool Exchanges { get; }

        public QuotaShares Shares { get; }

        public IReadOnlyList<QuotaDemand> TakeDemand()
        {
            var since = _time.GetElapsedTime(_measuredAt);
            _measuredAt = _time.GetTimestamp();
            return since > TimeSpan.Zero && _usage.TakeDemand(Quota, since) is { } demand ? [demand] : [];
        }

        /// <summary>Puts for as long as it is let; returns how many records that were.</summary>
        public long Put()
        {
            var taken = 0L;
            while (_usage.TryEnter(Quota, 100) is null)
            {
                _usage.TryTakeRecords(Quota, RecordsOfARequest);
                _usage.Leave(100);
                taken += RecordsOfARequest;
            }

            return taken;
        }
    }
}
