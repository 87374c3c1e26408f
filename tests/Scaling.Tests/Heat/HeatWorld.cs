using System.Globalization;
using System.Text;
using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Tests.Heat;

/// <summary>Shards under a clock of their own, and the picture that is made of what they observe.</summary>
internal sealed class HeatWorld
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    public static readonly DateTimeOffset End = Start.AddDays(8);

    private readonly Random _random = new(1);
    private List<ShardRange> _map = [];
    private Dictionary<string, ShardLoad> _shards = [];
    private LoadSampler _sampler = new(LoadSettings.Default.SampleBytes, 7);
    private long _left = 4_096;
    private long _now;
    private double _owed;

    public HeatHistory History { get; } = new();

    public string Owner { get; set; } = "silo";

    public bool IsMapKnown { get; set; } = true;

    public DateTimeOffset Now => Start.AddTicks(_now);

    public static IEqualityComparer<(int, double, double)> Nearly { get; } = EqualityComparer<(int, double, double)>.Create(
        static (a, b) => a.Item1 == b.Item1 && Math.Abs(a.Item2 - b.Item2) < 2 && Math.Abs(a.Item3 - b.Item3) < 2);

    /// <summary>Opens shards with even ranges, and closes the former ones.</summary>
    public void Open(params string[] ids) => (_shards, _map) = ([], [.. ids.Select((id, i) => new ShardRange(
        id, EvenStart(i, ids.Length), i + 1 == ids.Length ? UInt128.MaxValue : EvenStart(i + 1, ids.Length) - 1))]);

    public void CloseFirst() => _shards.Remove(_map[0].ShardId);

    /// <summary>Lets minutes pass, with a look after each.</summary>
    /// <param name="each">What happens in each second, with the number of the minute.</param>
    public void Run(int minutes, Action<int> each)
    {
        for (var minute = 0; minute < minutes; minute++)
        {
            var former = _now / TimeSpan.TicksPerMinute;
            while (_now / TimeSpan.TicksPerMinute == former)
                Pass(1, () => each(minute));
            Look();
        }
    }

    /// <summary>Lets seconds pass.</summary>
    public void Pass(int seconds, Action each)
    {
        for (var i = 0; i < seconds; i++)
        {
            each();
            _now += TimeSpan.TicksPerSecond;
        }
    }

    public void PutEvenly(double recordsPerSecond, int bytes)
    {
        for (_owed += recordsPerSecond; _owed >= 1; _owed--)
            PutOne(new UInt128((ulong)_random.NextInt64(long.MinValue, long.MaxValue), 0), bytes, "key");
    }

    public void Put(UInt128 hashKey, int recordsPerSecond, int bytes, string key = "key")
    {
        for (var i = 0; i < recordsPerSecond; i++)
            PutOne(hashKey, bytes, key);
    }

    public void Throttle(int shard, int count)
    {
        if (_now % TimeSpan.TicksPerMinute == 30 * TimeSpan.TicksPerSecond)
            LoadOf(_map[shard]).OnThrottled(count, count * 1_024, _now);
    }

    public void Look()
    {
        OwnedLoad[] loads = [.. _map.Select(s => new OwnedLoad(Owner, s.ShardId, _shards.GetValueOrDefault(s.ShardId)?.Report(_now)))];
        History.Add(Now, loads, IsMapKnown ? _map : [], MinuteCounts.Kept);
    }

    public StreamHeat Picture(HeatSpan span = HeatSpan.Hour) => History.Of("events", span, Now);

    /// <summary>Makes a picture in which all that can be kept is kept: warm rows, marks everywhere, other keys and other owners in each minute.</summary>
    public static HeatHistory Full()
    {
        var history = new HeatHistory();
        for (var minute = 0; minute <= 8 * 24 * 60; minute += minute < 7 * 24 * 60 ? 60 : 7)
            AddFullMinute(history, minute, shards: 100);
        return history;
    }

    /// <summary>Adds seven minutes in which a picture has all that it can have.</summary>
    private static void AddFullMinute(HeatHistory history, int minute, int shards)
    {
        var (now, random) = (Start.AddMinutes(minute), new Random(minute));
        var minutes = Enumerable.Repeat(new MinuteCount(1, 1_000, 1 << 20, 1_000, 1 << 20, 99), 8).ToArray();
        history.Add(now, [.. Enumerable.Range(0, shards).Select(i =>
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"shardId-{i:000000000000}");
            var range = new ShardRange(id, EvenStart(i, shards), i + 1 == shards ? UInt128.MaxValue : EvenStart(i + 1, shards) - 1);
            HotKey[] keys = [.. Enumerable.Range(0, 3).Select(k => new HotKey(
                new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()), random.NextDouble() / 3, random.GetHexString(200)))];
            double[] weights = [.. Enumerable.Range(0, 64).Select(_ => 1e9 * random.NextDouble())];
            return new OwnedLoad($"S127.0.0.1:11111:{minute}", id, new ShardLoadReport(range, minutes, weights, keys));
        })], [], MinuteCounts.Kept);
        for (var row = 0; row < HeatSums.Rows; row++)
            history.AddFailure(now, EvenStart(row, HeatSums.Rows) + 5);
    }

    /// <summary>A shard is observed from its first record on, as in the product.</summary>
    private ShardLoad LoadOf(ShardRange shard) => _shards.TryGetValue(shard.ShardId, out var load) ? load
        : _shards[shard.ShardId] = new ShardLoad(shard, LoadSettings.Default with { KeepKeyText = true }, _now, _now % TimeSpan.TicksPerMinute);

    private static UInt128 EvenStart(int i, int count) => UInt128.MaxValue / (UInt128)count * (UInt128)i;

    private void PutOne(UInt128 hashKey, int bytes, string key)
    {
        var shard = LoadOf(_map.Single(s => hashKey >= s.StartingHashKey && hashKey <= s.EndingHashKey));
        if ((_left -= bytes) < 0)
        {
            _left = _sampler.Next(_left, out var weight);
            shard.OnSample(hashKey, Encoding.UTF8.GetBytes(key), weight, _now);
        }

        shard.OnOffered(1, bytes, _now);
        shard.OnDelivered(1, bytes, _now);
    }
}
