using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary>The findings of <c>kpl verify</c>: for people, and as JSON.</summary>
/// <param name="wrongShard">The records that KCL passes over.</param>
/// <param name="notCovered">Who did not tell how far numbers were given: the tier that was named, or silos.</param>
/// <param name="notes">What else to know about the answer.</param>
internal sealed class VerifyText(
    string stream, DateTimeOffset from, DateTimeOffset to, DeliveryReport report, long wrongShard, IReadOnlyCollection<string> notCovered,
    IEnumerable<string> notes)
{
    private const string FrontRecords = "Those that come through the Kinesis front have one with FrontAggregate=true.";

    /// <summary>How many lines and faults people are shown.</summary>
    private const int Shown = 20;

    private readonly List<string> _notes = [.. notes, .. NotesOf(report, wrongShard)];

    /// <summary>Whether nothing is missing and nothing failed, of what is known: an end that is not known is no fault.</summary>
    public bool IsWell => notCovered.Count == 0 && (report with { LinesWithoutEnd = 0 }).IsProof;

    public string ToText()
    {
        var text = new StringBuilder(Verdict()).Append("\n\n");
        text.Append(new PrintedTable("what", "records").With(
            CountsOf(report).Append((What: "not ours", Count: report.NotOurs)), static c => [c.What == "records" ? "read" : c.What, $"{c.Count:N0}"]));
        if (report.Faults.Count > 0)
            text.Append('\n').Append(Faults());
        if (report.LineCount > 0)
            text.Append('\n').Append(Lines());
        foreach (var note in _notes)
            text.Append('\n').Append(note);
        return text.Append(_notes.Count > 0 ? "\n" : "").ToString();
    }

    public string ToJson() => new JsonObject(
    [
        new("stream", stream), new("from", from), new("to", to), .. JsonOf(report), new("not_ours", report.NotOurs), new("wrong_shard", wrongShard),
        new("unchecked", report.Unchecked), new("proof", IsWell && report.IsProof), new("producers", report.Producers), new("line_count", report.LineCount),
        new("lines_begun_before", report.LinesBegunBefore), new("lines_without_end", report.LinesWithoutEnd),
        new("lines_going_on", report.LinesGoingOn), new("lines_in_backlog", report.LinesInBacklog), new("not_covered", ArrayOf(notCovered)),
        new("lines", new JsonArray([.. report.Lines.Select(static l => new JsonObject(
        [
            new("producer", Name(l.Producer)), new("line", l.Line), new("first", l.First), new("last", l.Last), .. JsonOf(l), new("end_known", l.IsEndKnown),
        ]))])),
        new("faults", new JsonArray([.. report.Faults.Select(static f => new JsonObject
        {
            ["fault"] = Member(f.Fault), ["producer"] = Name(f.Producer), ["line"] = f.Line, ["first"] = f.First, ["last"] = f.Last,
        })])),
        new("notes", ArrayOf(_notes)),
    ]).ToJsonString() + "\n";

    private static IEnumerable<(string What, long Count)> CountsOf(DeliveryCounts counts) =>
    [
        ("records", counts.Records), ("missing", counts.Missing), ("failed", counts.Failed), ("under way", counts.UnderWay),
        ("duplicates", counts.Duplicates), ("out of order", counts.OutOfOrder),
    ];

    private static IEnumerable<KeyValuePair<string, JsonNode?>> JsonOf(DeliveryCounts counts) =>
        CountsOf(counts).Select(static c => KeyValuePair.Create(Member(c.What), (JsonNode?)c.Count)).Append(new("came_after", counts.CameAfter));

    private static JsonArray ArrayOf(IEnumerable<string> texts) => new([.. texts.Select(static t => JsonValue.Create(t))]);

    private static string Member(string words) => words.Replace(' ', '_');

    private static string Name(ulong producer) => producer.ToString("x16", CultureInfo.InvariantCulture);

    private static string Member(DeliveryFault fault) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{fault}");

    private string Verdict()
    {
        var nothing = report.Failed > 0 ? $"{Quantity.Of(report.Failed, "record")} failed; nothing else" : "nothing";
        var what = report switch
        {
            { Missing: > 0 } => $"{Quantity.Of(report.Missing, "record")} missing",
            { Records: 0, Failed: 0 } => "no record came, so nothing is proved",
            { LineCount: 0 } => "nothing can be proved",
            { UnderWay: > 0 } or { Unchecked: > 0 } => $"{nothing} is known to be missing",
            _ when notCovered.Count > 0 => $"{nothing} is known to be missing",
            { LinesWithoutEnd: > 0 and var lines } =>
                $"{nothing} is missing up to the last record that came; the end of {Quantity.Of(lines, "line")} is not known",
            _ => $"{nothing} is missing",
        };
        var ours = report.Records - report.NotOurs;
        var part = ours > 0 && report.NotOurs > ours ? $"; this is about the {ours:N0} of {report.Records:N0} records that have a number" : "";
        return $"{stream}, {VerifyTimes.Text(from)} to {VerifyTimes.Text(to)}: {what}{part}";
    }

    private string Faults()
    {
        var table = new PrintedTable("what", "producer", "line", "numbers").With(report.Faults.Take(Shown), static f =>
            [Member(f.Fault).Replace('_', ' '), Name(f.Producer), $"{f.Line}", f.First == f.Last ? $"{f.First}" : $"{f.First} to {f.Last}"]);
        return table + (report.OutOfOrder > 0 ? "Out of order is a fault on an ordered stream, and usual on others.\n" : "")
            + (report.Faults.Count > Shown ? $"The first {Shown} of these; --json has up to {DeliveryVerifier.MostListed:N0} of each.\n" : "");
    }

    private string Lines()
    {
        var table = new PrintedTable("producer", "line", "first", "last", "records", "missing", "failed", "duplicates", "out of order")
            .With(report.Lines.Take(Shown), static l =>
            [
                Name(l.Producer), $"{l.Line}", $"{l.First}", $"{l.Last}", $"{l.Records}", $"{l.Missing}", $"{l.Failed}", $"{l.Duplicates}", $"{l.OutOfOrder}",
            ]);
        return table + (report.LineCount > Shown ? $"The first {Shown} of {report.LineCount:N0} lines, those with faults before the others.\n" : "");
    }

    private static IEnumerable<string> NotesOf(DeliveryReport report, long wrongShard)
    {
        if (report.Failed > 0)
            yield return "A record that failed was told to its caller, who may have put it again, under another number.";
        if (report.CameAfter > 0)
        {
            yield return $"{Quantity.Of(report.CameAfter, "record")} of these lines came later, after --to or while this waited: not missing, and not counted "
                + "as read.";
        }

        if (report is { LineCount: 0, NotOurs: > 0 })
        {
            yield return "No record has a producer number, so nothing can be proved. With ProducerNumbers=true the producer numbers them. Each Kinesis "
                + "record is then an aggregate and grows by about 35 bytes, and a record may have 160 bytes less than the stream's limit. "
                + FrontRecords;
        }
        else if (report.NotOurs > 0)
        {
            yield return $"{Quantity.Of(report.NotOurs, "record")} without a number: of other writers, or put without ProducerNumbers. "
                + $"Nothing is known of them but that they came. {FrontRecords}";
        }

        if (report.LinesWithoutEnd > 0)
        {
            yield return $"{Quantity.Of(report.LinesWithoutEnd, "line")} of which no producer told the last number: what came after those above is not "
                + "known." + (report.LinesGoingOn > 0 ? $" {report.LinesGoingOn:N0} of them went on: a run for a later time judges what follows." : "");
        }

        if (report.LinesBegunBefore > 0)
        {
            yield return $"{Quantity.Of(report.LinesBegunBefore, "line")} above 0 at the beginning: what they had before was put before the time that was "
                + "read, or is lost.";
        }

        if (report.UnderWay > 0)
            yield return $"{Quantity.Of(report.UnderWay, "number")} may still be under way.";
        if (report.LinesInBacklog > 0)
        {
            yield return $"A backlog may hold those of {Quantity.Of(report.LinesInBacklog, "line")} for longer than a time-to-live: that of their producer, or of a silo "
                + "that has what others left, has put dead letters again, or does not tell.";
        }

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
