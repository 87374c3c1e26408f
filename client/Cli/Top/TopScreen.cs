using System.Text;
using System.Text.Json;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Top;

/// <summary>The screen of <c>kpl top</c>: made from two pulses of a tier, for their difference is the rate.</summary>
/// <param name="columns">Tells the columns of the terminal: they may change from screen to screen.</param>
internal sealed class TopScreen(string tier, Paint paint, Func<int> columns)
{
    private const int Busiest = 10;
    private const double Full = 1_000;

    private static readonly string[] Terms = ["delivered", "failed", "unknown", "in_flight", "in_backlog", "dead_lettered"];

    private JsonElement? _map;
    private JsonElement? _before;
    private int _columns;

    /// <summary>Whether rates can be told: two pulses have come.</summary>
    public bool HasRates { get; private set; }

    public void SetMap(JsonElement map) => _map = map;

    /// <summary>Makes the text of a pulse.</summary>
    /// <param name="elsewhere">What is wrong beside the stream; null where nothing is.</param>
    /// <param name="isOnly">Whether no other screen follows, so that this one tells by itself which shards are full.</param>
    /// <exception cref="KeyNotFoundException">A member is not there; where it is something else, InvalidOperationException or FormatException.</exception>
    public string Of(JsonElement data, string? elsewhere = null, bool isOnly = false)
    {
        _columns = columns();
        var pulse = data.GetProperty("pulse");
        var text = new StringBuilder();
        var at = data.GetProperty("at").GetDateTimeOffset();
        var (stream, status) = (pulse.GetProperty("stream").GetString() ?? "", pulse.GetProperty("status").GetString() ?? "not read");
        text.Append(Lines.Join([(paint.Bold(stream), stream.Length), Part($"{status}"), Part($"{tier}"), Part($"{at.UtcDateTime:HH:mm:ss}Z")], "  ", _columns));
        if (pulse.GetProperty("operation_id").GetString() is { } operation)
            text.Append(paint.Words($"operation {operation} runs\n", Tone.Warning));
        text.Append(Condition(pulse, isOnly));
        if (elsewhere is not null)
            text.Append(paint.Words($"{char.ToUpperInvariant(elsewhere[0])}{elsewhere[1..]}\n", Tone.Warning));
        text.Append(Rates(pulse, at)).Append(Ledger(pulse.GetProperty("ledger"))).Append('\n');
        text.Append(Shards(pulse)).Append('\n').Append(Lines.Cut(SiloTable.Of(data.GetProperty("silos").EnumerateArray(), at), _columns));
        _before = data;
        return text.ToString();
    }

    private string Condition(JsonElement pulse, bool isOnly)
    {
        var condition = pulse.GetProperty("condition");
        var tone = condition.GetProperty("severity").GetString() switch { "bad" => Tone.Bad, "well" => Tone.Good, _ => Tone.Warning };
        if (isOnly && tone == Tone.Good && _map is { } map && FullNow.Find(map, pulse) is { } full)
            return paint.Words(full, Tone.Warning) + "\n";
        return paint.Words(condition.GetProperty("sentence").GetString() ?? "", tone) + "\n";
    }

    private string Rates(JsonElement pulse, DateTimeOffset at)
    {
        var ledger = pulse.GetProperty("ledger");
        var old = _before is { } before && before.GetProperty("pulse").GetProperty("stream").GetString() == pulse.GetProperty("stream").GetString()
            ? before : (JsonElement?)null;
        var seconds = old is { } then ? (at - then.GetProperty("at").GetDateTimeOffset()).TotalSeconds : 0;
        HasRates = seconds > 0;
        var failed = Rate("failed") is var f && Rate("unknown") is var u && HasRates ? f + u : 0;
        var failing = Part($"failed {failed:N0}/s");
        List<(string, int)> parts =
        [
            Part($"accepted {Rate("accepted"):N0}/s"), Part($"delivered {Rate("delivered"):N0}/s"),
            failed > 0 ? (paint.Words(failing.Text, Tone.Bad), failing.Width) : failing,
            Part($"in flight {ledger.GetProperty("in_flight").GetInt64():N0}, oldest {pulse.GetProperty("oldest_seconds").GetDouble():0.0} s"),
        ];
        if (pulse.GetProperty("backlog") is { ValueKind: JsonValueKind.Object } waiting)
            parts.Add(Part($"backlog {waiting.GetProperty("records").GetInt64():N0}{(waiting.GetProperty("is_spilling").GetBoolean() ? ", spilling" : "")}"));
        if (pulse.GetProperty("calls") is { ValueKind: JsonValueKind.Object } some)
            parts.Add(Part($"calls {some.GetProperty("count").GetInt64()}, p50 {some.GetProperty("p50_ms").GetDouble():0.0} ms, p99 {some.GetProperty("p99_ms").GetDouble():0.0} ms"));
        return Lines.Join(parts, "   ", _columns);

        double Rate(string term) => seconds <= 0 ? 0
            : Math.Max(0, (ledger.GetProperty(term).GetInt64() - old!.Value.GetProperty("pulse").GetProperty("ledger").GetProperty(term).GetInt64()) / seconds);
    }

    private string Ledger(JsonElement ledger)
    {
        var accepted = ledger.GetProperty("accepted").GetInt64();
        var sum = Terms.Sum(t => ledger.GetProperty(t).GetInt64());
        var terms = Terms.Select(t => Part($"{t.Replace('_', ' ')} {ledger.GetProperty(t).GetInt64():N0}")).ToList();
        var first = Part($"accepted {accepted:N0} = {terms[0].Text}");
        return Lines.Join(terms.Skip(1).Prepend(first), " + ", _columns) + (sum == accepted ? "" : paint.Words("the ledger does not add up", Tone.Bad) + "\n");
    }

    private string Shards(JsonElement pulse)
    {
        JsonElement[] shards = _map is { } map ? [.. map.GetProperty("shards").EnumerateArray()] : [];
        var (use, throttled) = (Column("utilisation"), Column("throttled"));
        if (shards.Length == 0 || use.Length != shards.Length)
            return "no shards are known yet\n";
        var (records, bytes) = (Column("records"), Column("bytes"));
        var full = use.Count(static u => u >= Full);
        var many = throttled.Count(static t => t > 0);
        var told = $"{Quantity.Of(shards.Length, "shard")}{AsOf(pulse)}, {use.Average() / Full * 100:0}% used on average, {full} full, {many} throttled\n";
        var hasOwners = shards.Any(static s => s.GetProperty("owner").GetString() is not null);
        var order = Enumerable.Range(0, shards.Length).OrderByDescending(i => use[i]).ThenByDescending(i => throttled[i]).ThenBy(static i => i)
            .Take(Busiest).ToList();
        // Where whole names leave no room for the last column, the numbers of the shards do as well.
        var table = Table(static id => id);
        if (!Lines.Fit(table, _columns))
            table = Table(ConditionText.Shard);
        return told + Strip(use, throttled) + '\n' + Lines.Cut(table, _columns);

        string Table(Func<string, string> name) => new PrintedTable(
            ["shard", "use", "Kinesis records/s", "KiB/s", "throttled/s", .. hasOwners ? ["owner"] : (string[])[]]).With(order, i => [
                name(shards[i].GetProperty("id").GetString()!), $"{use[i] / Full * 100:0}%", $"{records[i]}", $"{bytes[i] / 1024}",
                $"{throttled[i]}",
                .. hasOwners ? [shards[i].GetProperty("owner").GetString() is { } owner ? ConditionText.Silo(owner) : "nobody yet"] : (string[])[]]).ToString();

        long[] Column(string name) => [.. pulse.GetProperty(name).EnumerateArray().Select(static v => v.GetInt64())];
    }

    /// <summary>While Kinesis cannot be asked, the shards are those that were known last. An older tier does not tell of when.</summary>
    private static string AsOf(JsonElement pulse) => pulse.GetProperty("trouble").ValueKind is JsonValueKind.Null ? ""
        : pulse.TryGetProperty("shards_as_of", out var at) && at.ValueKind is JsonValueKind.String ? $" as of {at.GetDateTimeOffset().UtcDateTime:HH:mm:ss}Z"
        : " as known last";

    /// <summary>The hash keys from left to right: a bar for each shard, or for the busiest of several.</summary>
    private string Strip(long[] use, long[] throttled)
    {
        const string bars = "·▁▂▃▄▅▆▇█";
        var width = Math.Clamp(Math.Min(_columns - 1, use.Length), 1, 200);
        var text = new StringBuilder();
        for (var x = 0; x < width; x++)
        {
            var part = (x * use.Length / width)..Math.Max((x + 1) * use.Length / width, (x * use.Length / width) + 1);
            var most = use[part].Max() / Full;
            var bar = bars[(int)Math.Clamp(Math.Ceiling(most * (bars.Length - 1)), 0, bars.Length - 1)].ToString();
            text.Append(throttled[part].Any(static t => t > 0) || most >= 1 ? paint.Words(bar, Tone.Bad) : most >= 0.8 ? paint.Words(bar, Tone.Warning) : bar);
        }

        return text.Append('\n').ToString();
    }

    private static (string Text, int Width) Part(string text) => (text, text.Length);
}
