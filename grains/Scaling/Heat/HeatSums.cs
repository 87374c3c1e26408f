using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Heat;

/// <summary>One column of the picture: sums over the minutes that were observed of it. What was never seen in it takes no memory.</summary>
internal sealed class HeatSums(long minute)
{
    /// <summary>The parts of the hash keys.</summary>
    public const int Rows = 128;

    /// <summary>How many heavy keys are kept.</summary>
    public const int MostKeys = 3;

    /// <summary>The unit in which use is kept: a byte has two and a half shards' worth.</summary>
    private const double UseUnit = 0.01;

    private float[]? _kib;
    private float[]? _records;
    private byte[]? _use;
    private ushort[]? _throttled;
    private ushort[]? _failed;
    private HeatKey[] _keys = [];

    /// <summary>The minute in which it begins.</summary>
    public long Minute { get; } = minute;

    public int Minutes { get; private set; }

    /// <summary>The shards in the last minute; null where they are not known any more.</summary>
    public HeatShard[]? Shards { get; set; }

    /// <summary>Adds what a shard had in a minute.</summary>
    /// <param name="range">The shard's range, in rows.</param>
    /// <param name="shares">The share of each of its equal parts.</param>
    public void AddShard(HeatRange range, IReadOnlyList<double> shares, double kibPerSecond, double recordsPerSecond, double use)
    {
        if (kibPerSecond <= 0)
            return;
        _use ??= new byte[Rows];
        foreach (ref var there in _use.AsSpan(range.First..(range.Last + 1)))
            there = (byte)Math.Max(there, Math.Min(Math.Round(use / UseUnit), byte.MaxValue));
        range.Spread(_kib ??= new float[Rows], shares, kibPerSecond);
        range.Spread(_records ??= new float[Rows], shares, recordsPerSecond);
    }

    /// <summary>Takes a range over from the minute before.</summary>
    public void Carry(HeatSums? former, HeatRange range)
    {
        if (former?._kib is null)
            return;
        for (var row = range.First; row <= range.Last; row++)
        {
            (_kib ??= new float[Rows])[row] = former._kib[row];
            (_records ??= new float[Rows])[row] = former._records![row];
            (_use ??= new byte[Rows])[row] = former._use![row];
        }
    }

    /// <summary>Goes on from a column that was kept.</summary>
    /// <exception cref="InvalidDataException">The column has other rows.</exception>
    public static HeatSums Of(HeatColumn kept, HeatShard[]? shards)
    {
        var sums = new HeatSums(kept.From.UtcTicks / TimeSpan.TicksPerMinute)
        {
            Minutes = kept.Minutes, Shards = shards, _keys = [.. kept.HotKeys],
            _kib = RowsOf(kept.KiBPerSecond, k => k * kept.Minutes),
            _records = RowsOf(kept.RecordsPerSecond, r => r * kept.Minutes),
            _use = RowsOf(kept.Utilisation, static u => (byte)Math.Round(u / UseUnit)),
        };
        foreach (var mark in kept.Marks)
        {
            Count(ref sums._throttled, mark.Row, mark.Throttled);
            Count(ref sums._failed, mark.Row, mark.Failed);
        }

        return sums;
    }

    public void AddThrottled(int row, long count) => Count(ref _throttled, row, count);

    public void AddFailed(int row) => Count(ref _failed, row, 1);

    /// <summary>Adds the minute itself: it was observed.</summary>
    public void Close(HeatShard[]? shards, IEnumerable<HeatKey> keys)
    {
        (Minutes, Shards) = (Minutes + 1, shards);
        _keys = Heaviest(keys);
    }

    /// <summary>Adds a minute of a column that is longer than that.</summary>
    public void Add(HeatSums one)
    {
        Minutes += one.Minutes;
        Shards = one.Shards ?? Shards;
        _keys = Heaviest(_keys.Concat(one._keys));
        foreach (var row in Enumerable.Range(0, one._kib is null ? 0 : Rows))
        {
            (_kib ??= new float[Rows])[row] += one._kib![row];
            (_records ??= new float[Rows])[row] += one._records![row];
            (_use ??= new byte[Rows])[row] = Math.Max(_use[row], one._use![row]);
        }

        for (var row = 0; row < Rows; row++)
        {
            Count(ref _throttled, row, one._throttled?[row] ?? 0);
            Count(ref _failed, row, one._failed?[row] ?? 0);
        }
    }

    /// <summary>Tells the column.</summary>
    /// <param name="shards">The place of its shards.</param>
    public HeatColumn ToColumn(int? shards) => new()
    {
        From = new DateTimeOffset(Minute * TimeSpan.TicksPerMinute, TimeSpan.Zero),
        Minutes = Minutes,
        Shards = shards,
        KiBPerSecond = MeanOf(_kib),
        RecordsPerSecond = MeanOf(_records),
        Utilisation = [.. (_use ?? []).Select(static u => MathF.Round(u * (float)UseUnit, 2))],
        Marks = [.. Enumerable.Range(0, Rows)
            .Select(r => new HeatMark { Row = r, Throttled = _throttled?[r] ?? 0, Failed = _failed?[r] ?? 0 })
            .Where(static m => m.Throttled + m.Failed > 0)],
        HotKeys = _keys,
    };

    /// <summary>Rounds to three digits, whatever the size: what is not zero never becomes it.</summary>
    public static float Rounded(double value) =>
        value <= 0 ? 0 : (float)Math.Round(value, Math.Clamp(2 - (int)Math.Floor(Math.Log10(value)), 0, 15));

    private float[] MeanOf(float[]? sums) => [.. (sums ?? []).Select(s => Rounded(s / Math.Max(1, Minutes)))];

    private static T[]? RowsOf<T>(IReadOnlyList<float> kept, Func<float, T> sum) => kept.Count switch
    {
        0 => null,
        Rows => [.. kept.Select(sum)],
        _ => throw new InvalidDataException($"A column has {kept.Count} rows, and {Rows} are expected."),
    };

    private static HeatKey[] Heaviest(IEnumerable<HeatKey> keys) =>
        [.. keys.GroupBy(static k => k.HashKey).Select(static g => g.MaxBy(static k => k.KiBPerSecond)!).OrderByDescending(static k => k.KiBPerSecond)
            .Take(MostKeys)];

    private static void Count(ref ushort[]? counts, int row, long more)
    {
        if (more > 0)
            (counts ??= new ushort[Rows])[row] = (ushort)Math.Min(counts[row] + more, ushort.MaxValue);
    }
}

/// <summary>A range of hash keys, in rows of the picture.</summary>
internal readonly record struct HeatRange(double From, double To)
{
    private static readonly double RowsPerKey = HeatSums.Rows / Math.Pow(2, 128);

    public int First => RowAt(From);

    /// <summary>The row of its last key. A range that ends where a row begins is not in that one.</summary>
    public int Last => Math.Max(First, (int)Math.Ceiling(Math.Min(To, HeatSums.Rows)) - 1);

    public int Middle => RowAt((From + To) / 2);

    public static HeatRange Of(UInt128 from, UInt128 to) => new((double)from * RowsPerKey, ((double)to + 1) * RowsPerKey);

    public static int RowOf(UInt128 hashKey) => RowAt((double)hashKey * RowsPerKey);

    public bool Overlaps(HeatRange other) => From < other.To && other.From < To;

    /// <summary>Spreads an amount over the rows, by the shares of the range's equal parts.</summary>
    public void Spread(float[] cells, IReadOnlyList<double> shares, double amount)
    {
        var width = (To - From) / shares.Count;
        for (var part = 0; part < shares.Count; part++)
        {
            var (from, to) = (From + (part * width), From + ((part + 1) * width));
            for (var row = RowAt(from); row < HeatSums.Rows && row < to; row++)
                cells[row] += (float)(amount * shares[part] * Math.Max(0, Math.Min(to, row + 1) - Math.Max(from, row)) / width);
        }
    }

    private static int RowAt(double place) => Math.Clamp((int)place, 0, HeatSums.Rows - 1);
}
