using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Formats the ledger, the backlog and dead letters as text for people.</summary>
internal static class BacklogTables
{
    private const int LongestMessage = 80;
    private const int LongestPreview = 1_024;

    /// <summary>Whether the tier has nothing of the stream, and never had.</summary>
    public static bool IsEmpty(JsonObject status) =>
        AdminJson.Read(status["ledger"]!.ToJsonString(), AdminJson.Default.StreamLedger) is { Accepted: 0, InBacklog: 0, DeadLettered: 0 }
        && BacklogOf(status) is { Records: 0, Segments: 0, DamagedSegments: 0 };

    /// <param name="status">The collected status: tier, stream, health, ready, ledger, backlog; where that is not known, why.</param>
    public static string OfStatus(JsonObject status, Paint paint)
    {
        var ledger = AdminJson.Read(status["ledger"]!.ToJsonString(), AdminJson.Default.StreamLedger);
        var text = new StringBuilder();
        text.Append($"{(string?)status["stream"]} at {(string?)status["tier"]}: {HealthText.Of(status, paint)}\n\n");

        (string What, long Count)[] counts =
        [
            ("accepted", ledger.Accepted), ("delivered", ledger.Delivered), ("failed", ledger.Failed), ("unknown", ledger.Unknown),
            ("in flight", ledger.InFlight), ("in backlog", ledger.InBacklog), ("dead-lettered", ledger.DeadLettered),
        ];
        text.Append(new PrintedTable("records", "").With(counts, static c => [c.What, $"{c.Count:N0}"])).Append('\n');
        // The ledger's JSON object also has the members that say which processes were counted.
        Add(text, AdminJson.Read(status["ledger"]!.ToJsonString(), AdminJson.Default.StreamBooks));
        text.Append(BacklogOf(status) is { } backlog
            ? Of(backlog, (string?)status["stream"]) : $"backlog: not known: {Printable.Of((string?)status["backlog_error"] ?? "")}\n");
        if (status["capacity"] is { } capacity)
            text.Append(CapacityText.Of(AdminJson.Read(capacity.ToJsonString(), AdminJson.Default.StreamCapacity)));
        return text.ToString();
    }

    private static BacklogStatus? BacklogOf(JsonObject status) =>
        status["backlog"] is { } told ? AdminJson.Read(told.ToJsonString(), AdminJson.Default.BacklogStatus) : null;

    /// <summary>Adds the processes whose counts the ledger contains; adds nothing for a tier that does not report them.</summary>
    private static void Add(StringBuilder text, StreamBooks books)
    {
        if (books.Covered is not { Count: > 0 } covered)
            return;
        text.Append(new PrintedTable("counted by", "since", "accepted", "delivered", "in flight").With(covered, static p =>
        [
            OneLine(ConditionText.Silo(p.Process)), p.StartedAt is { } since ? Time(since) : "?",
            $"{p.Ledger.Accepted:N0}", $"{p.Ledger.Delivered:N0}", $"{p.Ledger.InFlight:N0}",
        ]));
        foreach (var process in books.NotCovered ?? [])
        {
            var name = OneLine(ConditionText.Silo(process.Process));
            var former = covered.Any(c => OneLine(ConditionText.Silo(c.Process)) == name) ? ", before it started anew" : "";
            var why = process.State switch
            {
                MissingContributorState.Gone => "it is gone; only what it had in the backlog is",
                MissingContributorState.Silent => "it does not answer",
                _ => "it is leaving",
            };
            text.Append($"not counted: {name}{former}: {why}\n");
        }

        text.Append('\n');
    }

    /// <summary>Formats a page of dead letters, and tells of damaged segments: they are not among the dead letters.</summary>
    public static string Of(DeadLetterPage page)
    {
        if (page.DeadLetters.Count == 0)
            return page.DamagedSegments == 0
                ? $"{page.Stream}: nothing is set aside\n"
                : $"{page.Stream}: no record is set aside\n{DamagedOf(page.DamagedSegments)}";
        var table = new PrintedTable("number", "set aside", "code", "key", "bytes", "message").With(page.DeadLetters, static l =>
            [$"{l.Number}", Time(l.SetAsideAt), l.ErrorCode, OneLine(l.PartitionKey), $"{l.Data.Length}", OneLine(l.ErrorMessage ?? "")]);
        var more = page.HasMore ? $"there may be more: --after {page.DeadLetters[^1].Number}\n" : "";
        return table + more + DamagedOf(page.DamagedSegments);
    }

    public static string Of(DeadLetterEntry letter)
    {
        var text = new StringBuilder();
        text.Append($"number             {letter.Number}\n");
        text.Append($"partition key      {Printable.Of(letter.PartitionKey)}\n");
        if (letter.ExplicitHashKey is { } hashKey)
            text.Append($"explicit hash key  {hashKey}\n");
        text.Append($"persisted          {Time(letter.PersistedAt)}\n");
        text.Append($"set aside          {Time(letter.SetAsideAt)}\n");
        text.Append($"why                {letter.ErrorCode}: {Printable.Of(letter.ErrorMessage ?? "")}\n");
        var shown = letter.Data.AsSpan(0, Math.Min(letter.Data.Length, LongestPreview));
        text.Append($"data               {Quantity.Of(letter.Data.Length, "byte")}{(shown.Length < letter.Data.Length ? $", the first {shown.Length:N0}" : "")}:\n");
        return text.Append(Printable.Of(Encoding.UTF8.GetString(shown))).Append('\n').ToString();
    }

    private static string Of(BacklogStatus backlog, string? stream)
    {
        var text = new StringBuilder();
        var size = backlog.Bytes < 1_024 ? Quantity.Of(backlog.Bytes, "byte") : $"{backlog.Bytes / 1_024.0:N1} KiB";
        text.Append($"backlog: {Quantity.Of(backlog.Records, "record")} in {Quantity.Of(backlog.Segments, "segment")}, {size}");
        if (backlog.Records > 0)
            text.Append($", the oldest for {backlog.OldestAge.TotalSeconds:N0} s");
        text.Append(backlog.IsSpilling ? "; new records go there now\n" : "\n");
        if (backlog.StoreError is { } error)
            text.Append($"But: the store cannot be used: {Printable.Of(error)}\n");
        if (backlog.DeadLetters > 0)
            text.Append($"{Quantity.Of(backlog.DeadLetters, "record")} {(backlog.DeadLetters == 1 ? "is" : "are")} set aside: see 'kpl backlog --stream {stream}'\n");
        text.Append(DamagedOf(backlog.DamagedSegments));
        if (backlog.WriteUnits > 0)
            text.Append($"{Quantity.Of((long)Math.Round(backlog.WriteUnits), "write unit")} since the start, {backlog.Cost:0.000000} USD\n");
        return text.ToString();
    }

    private static string DamagedOf(long segments) => segments == 0
        ? ""
        : $"{Quantity.Of(segments, "segment")} could not be read and {(segments == 1 ? "was" : "were")} moved out of the way: the log says where\n";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'");

    private static string OneLine(string text) => Printable.Of(text.Length > LongestMessage ? string.Concat(text.AsSpan(0, LongestMessage), "…") : text);
}
