using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Road.Limiting;

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

    private Cell[]? _cells;
    private HeatKey[] _keys = [];
    private double _users;

    /// <summary>The minute in which it begins.</summary>
    public long Minute { get; } = minute;

    public int Minutes { get; private set; }

    /// <summary>The shards in the last minute; null where they are not known any more.</summary>
    public HeatShard[]? Shards { get; set; }

    private Span<Cell> Cells => _cells ??= new Cell[Rows];

    /// <summary>Adds what a shard had in a minute.</summary>
    /// <param name="range">The shard's range, in rows.</param>
    /// <param name="shares">The share of each of its equal parts.</param>
    /// <param name="rate">The load that Kinesis took a second.</param>
    public void AddShard(HeatRange range, double[] shares, HeatRate rate)
    {
        if (rate.KiB <= 0)
            return;
        var use = (byte)Math.Min(Math.Round(rate.Use / UseUnit), byte.MaxValue);
        _users += rate.UserRecords;
        foreach (ref var cell in Cells[range.First..(range.Last + 1)])
            cell.Use = Math.Max(cell.Use, use);
        foreach (var (row, share) in range.Spread(shares))
        {
            Cells[row].KiB += (float)(rate.KiB * share);
            Cells[row].Records += (float)(rate.Records * share);
        }
    }

    /// <summary>Takes a range over from the minute before.</summary>
    public void Carry(HeatSums? former, HeatRange range)
    {
        if (former?._cells is null)
            return;
        var carried = 0f;
        for (var row = range.First; row <= range.Last; row++)
        {
            ref var cell = ref Cells[row];
            (cell.KiB, cell.Records, cell.Use) = (former._cells[row].KiB, former._cells[row].Records, former._cells[row].Use);
            carried += cell.KiB;
        }

        _users += carried == 0 ? 0 : former._users * carried / former._cells.Sum(static c => c.KiB);
    }

    /// <summary>Goes on from a column that was kept.</summary>
    /// <exception cref="InvalidDataException">The column has other rows.</exception>
    public static HeatSums Of(HeatColumn kept, HeatShard[]? shards)
    {
        var sums = new HeatSums(kept.From.UtcTicks / TimeSpan.TicksPerMinute)
        {
            Minutes = kept.Minutes, Shards = shards, _keys = [.. kept.HotKeys], _users = kept.UserRecordsPerSecond * kept.Minutes,
        };
        foreach (var rows in (IReadOnlyList<float>[])[kept.KiBPerSecond, kept.RecordsPerSecond, kept.Utilisation])
        {
            if (rows.Count is not (0 or Rows))
                throw new InvalidDataException($"A column has {rows.Count} rows, and {Rows} are expected.");
        }

        for (var row = 0; row < kept.KiBPerSecond.Count; row++)
        {
            ref var cell = ref sums.Cells[row];
            (cell.KiB, cell.Records) = (kept.KiBPerSecond[row] * kept.Minutes, kept.RecordsPerSecond[row] * kept.Minutes);
            cell.Use = (byte)Math.Round(kept.Utilisation[row] / UseUnit);
        }

        foreach (var mark in kept.Marks)
            sums.AddMark(mark.Row, mark.Throttled, mark.Failed);
        return sums;
    }

    /// <summary>Adds what went wrong in a row.</summary>
    public void AddMark(int row, long throttled, long failed)
    {
        if (throttled + failed == 0)
            return;
        ref var cell = ref Cells[row];
        cell.Throttled = (ushort)Math.Min(cell.Throttled + throttled, ushort.MaxValue);
        cell.Failed = (ushort)Math.Min(cell.Failed + failed, ushort.MaxValue);
    }

    /// <summary>Adds the minute itself: it was observed.</summary>
    public void Close(HeatShard[]? shards, IEnumerable<HeatKey> keys) => (Minutes, Shards, _keys) = (Minutes + 1, shards, Heaviest(keys));

    /// <summary>Adds a minute of a column that is longer than that.</summary>
    public void Add(HeatSums one)
    {
        (Minutes, Shards, _keys, _users) = (Minutes + one.Minutes, one.Shards ?? Shards, Heaviest(_keys.Concat(one._keys)), _users + one._users);
        for (var row = 0; row < one._cells?.Length; row++)
        {
            var more = one._cells[row];
            AddMark(row, more.Throttled, more.Failed);
            ref var cell = ref Cells[row];
            (cell.KiB, cell.Records, cell.Use) = (cell.KiB + more.KiB, cell.Records + more.Records, Math.Max(cell.Use, more.Use));
        }
    }

    /// <summary>Tells the column.</summary>
    /// <param name="shards">The place of its shards.</param>
    public HeatColumn ToColumn(int? shards)
    {
        var cells = _cells ?? [];
        var warm = Array.Exists(cells, static c => c.KiB > 0) ? cells : [];
        return new HeatColumn
        {
            From = new DateTimeOffset(Minute * TimeSpan.TicksPerMinute, TimeSpan.Zero),
            Minutes = Minutes,
            Shards = shards,
            UserRecordsPerSecond = MeanOf(_users),
            KiBPerSecond = [.. warm.Select(c => MeanOf(c.KiB))],
            RecordsPerSecond = [.. warm.Select(c => MeanOf(c.Records))],
            Utilisation = [.. warm.Select(static c => MathF.Round(c.Use * (float)UseUnit, 2))],
            Marks = [.. cells.Select(static (c, row) => new HeatMark { Row = row, Throttled = c.Throttled, Failed = c.Failed })
                .Where(static m => m.Throttled + m.Failed > 0)],
            HotKeys = _keys,
        };
    }

    /// <summary>Rounds to three digits, whatever the size: what is not zero never becomes it.</summary>
    public static float Rounded(double value) =>
        value <= 0 ? 0 : (float)Math.Round(value, Math.Clamp(2 - (int)Math.Floor(Math.Log10(value)), 0, 15));

    private float MeanOf(double sum) => Rounded(sum / Math.Max(1, Minutes));

    private static HeatKey[] Heaviest(IEnumerable<HeatKey> keys) =>
        [.. keys.GroupBy(static k => k.HashKey).Select(static g => g.MaxBy(static k => k.KiBPerSecond)!).OrderByDescending(static k => k.KiBPerSecond)
            .Take(MostKeys)];

    // Packed: a picture has 41,600 of them.
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Cell
    {
        public float KiB;
        public float Records;
        public ushort Throttled;
        public ushort Failed;
        public byte Use;
    }
}

/// <summary>The load that Kinesis took a second.</summary>
internal readonly record struct HeatRate(double KiB, double Records, double UserRecords)
{
    /// <summary>Its share of what a shard takes, by the scarcer of bytes and records.</summary>
    public double Use => Math.Max(KiB * 1024 / ShardLimits.BytesPerSecond, Records / ShardLimits.RecordsPerSecond);
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

    /// <summary>Spreads an amount over the rows, by the shares of the range's equal parts: each row's share, in one or more parts.</summary>
    public IEnumerable<(int Row, double Share)> Spread(double[] shares)
    {
        var width = (To - From) / shares.Length;
        for (var part = 0; part < shares.Length; part++)
        {
            var (from, to) = (From + (part * width), From + ((part + 1) * width));
            for (var row = RowAt(from); row < HeatSums.Rows && row < to; row++)
                yield return (row, shares[part] * Math.Max(0, Math.Min(to, row + 1) - Math.Max(from, row)) / width);
        }
    }

    private static int RowAt(double place) => Math.Clamp((int)place, 0, HeatSums.Rows - 1);
}
