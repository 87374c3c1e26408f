using System.Text;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Heat;

/// <summary>A stream's picture in a terminal: hash keys from top to bottom, time from left to right.</summary>
/// <param name="colours">What the terminal shows.</param>
internal sealed class HeatText(StreamHeat heat, HeatColours colours, int columns)
{
    private const int Lines = 16;

    /// <summary>The width of what stands left of the picture.</summary>
    private const int Gutter = 7;

    /// <summary>More shards are counted and not named.</summary>
    private const int MostNames = 4;

    private const float Small = 0.1f;

    /// <summary>A picture has fewer.</summary>
    private const int MostTimes = 1_000;

    private readonly List<HeatColumn> _times = TimesOf(heat);

    private readonly float _most = heat.Columns.SelectMany(static c => c.KiBPerSecond).DefaultIfEmpty().Max();

    /// <exception cref="FormatException">The picture is not whole.</exception>
    public string Make()
    {
        if (heat.Rows < 2 * Lines || _times.Any(c => c.KiBPerSecond.Count is var rows && (rows != 0 && rows != heat.Rows) || c.Utilisation.Count != rows))
            throw new FormatException("Its columns have other rows than it says.");
        if (_most <= 0)
            return $"{heat.Stream}: no load was seen {Last()}. What other producers send is not seen, nor all that an embedded one sent before it was first asked; a minute shows when it has passed.\n";
        var text = new StringBuilder($"{heat.Stream} {Last()}: hash keys from top to bottom, time from left to right\n\n");
        for (var line = 0; line < Lines; line++)
            text.Append(LabelOf(line).PadRight(Gutter)).Append(colours.Line(Picture(line))).Append('\n');
        text.Append(Marks("thrott.", static m => m.Throttled, '!')).Append(Marks("failed", static m => m.Failed, 'x'));
        var (first, last) = ($"{_times[0].From.UtcDateTime:MM-dd HH:mm}", $"{_times[^1].From.UtcDateTime:MM-dd HH:mm}Z");
        var width = Math.Max(first.Length + last.Length + 1, (_times.Count + Step - 1) / Step);
        text.Append(new string(' ', Gutter)).Append(first).Append(last.PadLeft(width - first.Length)).Append("\n\n");
        text.Append(colours.IsOn ? "grey to blue: load; orange: its shard is nearly full, red: it is full" : $"'{HeatColours.Characters}': load, in nine steps to the most"
            + $"; {HeatColours.Nearly}: its shard is nearly full, {HeatColours.Full}: it is full; {HeatColours.NotObserved}: not observed")
            .Append($"\nmost: {Size(_most)} in a {heat.Rows}th of the hash keys; {Busiest()}\n");
        return text.Append(Changes()).Append(Keys()).ToString();
    }

    /// <summary>How many columns of the picture one of the terminal has.</summary>
    private int Step => Math.Max(1, (int)Math.Ceiling(_times.Count / (double)Math.Max(1, columns - Gutter)));

    /// <summary>The columns, with an empty one for each time that was not observed.</summary>
    private static List<HeatColumn> TimesOf(StreamHeat heat)
    {
        var times = new List<HeatColumn>();
        foreach (var column in heat.Columns)
        {
            while (times.Count is > 0 and < MostTimes && times[^1].From.AddSeconds(heat.ColumnSeconds) is var next && next < column.From)
                times.Add(new HeatColumn { From = next });
            times.Add(column);
        }

        return times;
    }

    private string Last() => heat.Span switch { HeatSpan.Hour => "in the last hour", HeatSpan.Day => "in the last day", _ => "in the last week" };

    /// <summary>Tells the most that a shard was used in a minute: colours show how load is spread, and not how much there may be.</summary>
    private string Busiest()
    {
        var time = _times.Where(static t => t.Utilisation.Count > 0).MaxBy(static t => t.Utilisation.Max())!;
        var use = time.Utilisation.Max();
        var rows = Enumerable.Range(0, heat.Rows).Where(r => time.Utilisation[r] == use && time.KiBPerSecond[r] > 0);
        var shard = rows.Select(r => ShardsOf(time).Where(s => RowAt(s.StartingHashKey) < r + 1 && RowAt(s.EndingHashKey) > r).ToList())
            .FirstOrDefault(static s => s.Count == 1)?[0];
        var within = heat.Span switch { HeatSpan.Hour => "at", HeatSpan.Day => "in the quarter of an hour from", _ => "in the hour from" };
        return $"busiest minute: {(shard is null ? "a shard" : $"shard {ConditionText.Shard(shard.ShardId)}")} {(use == 0 ? "under 1" : $"{use * 100:0}")} % used, "
            + $"{within} {time.From.UtcDateTime:MM-dd HH:mm}Z";
    }

    private IReadOnlyList<HeatShard> ShardsOf(HeatColumn time) => time.Shards is { } at && at < heat.Shards.Count ? heat.Shards[at] : [];

    /// <summary>The row of a hash key, with its fraction.</summary>
    private double RowAt(UInt128 hashKey) => (double)hashKey / Math.Pow(2, 128) * heat.Rows;

    /// <summary>Names the shards that begin in a line, as they are now.</summary>
    private string LabelOf(int line)
    {
        var here = ShardsOf(_times[^1]).Where(s => (int)(RowAt(s.StartingHashKey) * Lines / heat.Rows) == line).ToList();
        return here.Count == 0 ? "" : ConditionText.Shard(here[0].ShardId)[..Math.Min(Gutter - 2, ConditionText.Shard(here[0].ShardId).Length)] + (here.Count > 1 ? "…" : "");
    }

    /// <summary>Returns a line's cells: the warmest row of each half of it.</summary>
    private IEnumerable<(HeatCell Upper, HeatCell Lower)> Picture(int line)
    {
        var half = heat.Rows / Lines / 2;
        return _times.Chunk(Step).Select(times => (CellOf(times, line * 2 * half, half), CellOf(times, (line * 2 * half) + half, half)));
    }

    private HeatCell CellOf(HeatColumn[] times, int row, int rows) => times.Where(static t => t.KiBPerSecond.Count > 0)
        .SelectMany(t => Cells(t, t.Danger).Skip(row).Take(rows))
        .DefaultIfEmpty(new HeatCell(times.Any(static t => t.Minutes > 0) ? 0 : HeatCell.NotObserved, -1))
        .MaxBy(static c => c.Danger > 0 ? 1 + c.Danger : c.Warmth);

    private IEnumerable<HeatCell> Cells(HeatColumn time, IReadOnlyList<float>? danger) =>
        time.KiBPerSecond.Select((kib, row) => new HeatCell(Math.Sqrt(kib / _most), danger?[row] ?? -1));

    private string Marks(string name, Func<HeatMark, int> count, char mark) => _times.All(t => t.Marks.All(m => count(m) == 0)) ? ""
        : name.PadRight(Gutter) + string.Concat(_times.Chunk(Step).Select(c => c.Any(t => t.Marks.Any(m => count(m) > 0)) ? mark : ' ')).TrimEnd() + "\n";

    /// <summary>Tells of reshards and moves. A shard that begins to have load is neither.</summary>
    private string Changes()
    {
        var text = new StringBuilder();
        foreach (var (before, after) in _times.Where(static t => t.Shards is not null).Zip(_times.Where(static t => t.Shards is not null).Skip(1)))
        {
            var (old, now) = (heat.Shards[before.Shards!.Value], heat.Shards[after.Shards!.Value]);
            List<HeatShard> closed = [.. old.ExceptBy(now.Select(static s => s.ShardId), static s => s.ShardId).Where(c => now.Any(c.Overlaps))];
            var owners = old.ToDictionary(static s => s.ShardId, static s => s.OwnerSilo);
            if (closed.Count > 0)
                text.Append($"{after.From.UtcDateTime:MM-dd HH:mm}Z: {Names(closed)} became {Names([.. now.Where(n => closed.Any(n.Overlaps))])}\n");
            if (now.Any(s => owners.TryGetValue(s.ShardId, out var owner) && owner != s.OwnerSilo))
                text.Append($"{after.From.UtcDateTime:MM-dd HH:mm}Z: other owners of the shards\n");
        }

        return text.ToString();
    }

    private static string Names(List<HeatShard> shards) => shards.Count > MostNames
        ? Quantity.Of(shards.Count, "shard")
        : $"shard{(shards.Count == 1 ? "" : "s")} {string.Join(", ", shards.Select(static s => ConditionText.Shard(s.ShardId)))}";

    private string Keys() => string.Concat(_times[^1].HotKeys.Select(k =>
        $"hot key now: {Printable.Of(k.PartitionKey ?? k.HashKey.ToString())}, {(k.KiBPerSecond < Small ? "" : "at least ")}{Size(k.KiBPerSecond)}\n"));

    private static string Size(float kib) => kib < Small ? $"under {Small} KiB/s" : $"{kib:0.#} KiB/s";
}

/// <summary>A cell of the picture.</summary>
/// <param name="Warmth">Its load, as the root of its share of the most that a cell has; below zero where its time was not observed.</param>
/// <param name="Danger"><see cref="HeatColumn.Danger"/>; below zero for none.</param>
internal readonly record struct HeatCell(double Warmth, double Danger)
{
    public const double NotObserved = -1;
}
