using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>What <c>kpl verify</c> found: for people, and as JSON.</summary>
/// <param name="wrongShard">The records that KCL passes over.</param>
/// <param name="notes">What else to know about the answer.</param>
internal sealed class VerifyText(string stream, DateTimeOffset from, DateTimeOffset to, DeliveryReport report, long wrongShard, IEnumerable<string> notes)
{
    /// <summary>How many lines and faults people are shown.</summary>
    private const int Shown = 20;

    private readonly List<string> _notes = [.. NotesOf(report, wrongShard), .. notes];

    public string ToText()
    {
        var text = new StringBuilder(Verdict()).Append("\n\n");
        var counts = new PrintedTable("what", "records");
        foreach (var (what, count) in new[]
        {
            ("read", report.Records), ("missing", report.Missing), ("failed", report.Failed), ("under way", report.UnderWay), ("duplicates", report.Duplicates),
            ("out of order", report.OutOfOrder), ("not ours", report.NotOurs),
        })
            counts.Add(what, $"{count:N0}");
        text.Append(counts);
        if (report.Faults.Count > 0)
            text.Append('\n').Append(Faults());
        if (report.LineCount > 0)
            text.Append('\n').Append(Lines());
        foreach (var note in _notes)
            text.Append('\n').Append(note);
        return text.Append(_notes.Count > 0 ? "\n" : "").ToString();
    }

    public string ToJson() => new JsonObject
    {
        ["stream"] = stream,
        ["from"] = from,
        ["to"] = to,
        ["records"] = report.Records,
        ["missing"] = report.Missing,
        ["failed"] = report.Failed,
        ["under_way"] = report.UnderWay,
        ["duplicates"] = report.Duplicates,
        ["out_of_order"] = report.OutOfOrder,
        ["not_ours"] = report.NotOurs,
        ["wrong_shard"] = wrongShard,
        ["unchecked"] = report.Unchecked,
        ["proof"] = report.IsProof,
        ["producers"] = report.Producers,
        ["line_count"] = report.LineCount,
        ["lines_begun_before"] = report.LinesBegunBefore,
        ["lines_without_end"] = report.LinesWithoutEnd,
        ["lines"] = new JsonArray([.. report.Lines.Select(static l => new JsonObject
        {
            ["producer"] = Name(l.Producer), ["line"] = l.Line, ["first"] = l.First, ["last"] = l.Last, ["records"] = l.Records, ["missing"] = l.Missing,
            ["failed"] = l.Failed, ["under_way"] = l.UnderWay, ["duplicates"] = l.Duplicates, ["out_of_order"] = l.OutOfOrder, ["end_known"] = l.IsEndKnown,
        })]),
        ["faults"] = new JsonArray([.. report.Faults.Select(static f => new JsonObject
        {
            ["fault"] = Name(f.Fault).Replace(' ', '_'), ["producer"] = Name(f.Producer), ["line"] = f.Line, ["first"] = f.First, ["last"] = f.Last,
        })]),
        ["notes"] = new JsonArray([.. _notes.Select(static n => JsonValue.Create(n))]),
    }.ToJsonString() + "\n";

    private static string Name(ulong producer) => producer.ToString("x16", CultureInfo.InvariantCulture);

    private static string Name(DeliveryFault fault) => fault switch
    {
        DeliveryFault.Missing => "missing",
        DeliveryFault.Failed => "failed",
        DeliveryFault.UnderWay => "under way",
        DeliveryFault.Duplicate => "duplicate",
        _ => "out of order",
    };

    private string Verdict()
    {
        var what = report switch
        {
            { Missing: > 0 } => $"{Quantity.Of(report.Missing, "record")} missing",
            { Records: 0 } => "no record came, so nothing is proved",
            { LineCount: 0 } => "nothing can be proved",
            { UnderWay: > 0 } or { Unchecked: > 0 } => "nothing is known to be missing",
            _ => "nothing is missing",
        };
        return $"{stream}, {VerifyTimes.Text(from)} to {VerifyTimes.Text(to)}: {what}";
    }

    private string Faults()
    {
        var table = new PrintedTable("what", "producer", "line", "numbers");
        foreach (var f in report.Faults.Take(Shown))
            table.Add(Name(f.Fault), Name(f.Producer), $"{f.Line}", f.First == f.Last ? $"{f.First}" : $"{f.First} to {f.Last}");
        return table + (report.Faults.Count > Shown ? $"The first {Shown} of these; --json has up to {DeliveryVerifier.MostListed:N0} of each.\n" : "");
    }

    private string Lines()
    {
        var table = new PrintedTable("producer", "line", "first", "last", "records", "missing", "failed", "duplicates", "out of order");
        foreach (var l in report.Lines.Take(Shown))
        {
            table.Add(
                Name(l.Producer), $"{l.Line}", $"{l.First}", $"{l.Last}", $"{l.Records}", $"{l.Missing}", $"{l.Failed}", $"{l.Duplicates}", $"{l.OutOfOrder}");
        }

        return table + (report.LineCount > Shown ? $"The first {Shown} of {report.LineCount:N0} lines, those with faults before the others.\n" : "");
    }

    private static IEnumerable<string> NotesOf(DeliveryReport report, long wrongShard)
    {
        if (report is { LineCount: 0, NotOurs: > 0 })
        {
            yield return "No record has a producer number, so nothing can be proved. With ProducerNumbers=true the producer numbers them. Each Kinesis "
                + "record is then an aggregate and grows by about 35 bytes, and a record may have 160 bytes less than the stream's limit.";
        }
        else if (report.NotOurs > 0)
        {
            yield return $"{Quantity.Of(report.NotOurs, "record")} without a number: of other writers, or put without ProducerNumbers. "
                + "Nothing is known of them but that they came.";
        }

        if (report.LinesWithoutEnd > 0)
        {
            yield return $"{Quantity.Of(report.LinesWithoutEnd, "line")} of which no producer told the last number: what came after those above is not "
                + "known, and a later run judges it from there on.";
        }

        if (report.LinesBegunBefore > 0)
        {
            yield return $"{Quantity.Of(report.LinesBegunBefore, "line")} above 0 at the beginning: what they had before was put before the time that was "
                + "read, or is lost.";
        }

        if (report.UnderWay > 0)
            yield return $"{Quantity.Of(report.UnderWay, "number")} may still be under way.";
        if (report.Unchecked > 0)
        {
            yield return $"{Quantity.Of(report.Unchecked, "number")} could not be judged: there are more lines or gaps than memory is given to. "
                + "A shorter time has fewer.";
        }

        if (wrongShard > 0)
        {
            yield return $"{Quantity.Of(wrongShard, "record")} in a shard that they do not belong to, as in a reshard: KCL passes over them, and only their "
                + "copies elsewhere count.";
        }
    }
}
