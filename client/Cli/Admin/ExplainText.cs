using System.Text;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Formats explanations and failures as text for people.</summary>
internal static class ExplainText
{
    public static string Of(RecordExplanation told)
    {
        var text = new StringBuilder();
        foreach (var finding in told.Findings)
            text.Append(Printable.Of(finding)).Append('\n');
        text.Append('\n').Append(Place(told));
        if (told.Failure is { Attempts.Count: > 0 } failure)
            text.Append('\n').Append(Attempts(failure));
        return text.ToString();
    }

    /// <param name="max">How many of the latest failures are listed; where there are more, their codes are counted above them.</param>
    public static string Of(IReadOnlyList<FailedRecordPage> pages, int max)
    {
        List<FailedRecord> failures = [.. pages.SelectMany(static p => p.Failures)];
        if (failures.Count == 0)
            return $"no failure since {pages[0].Since:yyyy-MM-dd HH:mm:ss}Z is remembered\n";
        var table = new PrintedTable("number", "ended", "status", "code", "attempts", "hash key", "message").With(failures.TakeLast(max), static f =>
        [
            $"{f.Number}", Time(f.EndedAt), f.Status.ToString().ToLowerInvariant(), f.ErrorCode, $"{f.AttemptCount}",
            f.HashKey?.ToString() ?? "", f.ErrorMessage ?? "",
        ]);
        var lost = pages.Sum(static p => p.Missed);
        var missed = lost > 0 ? $"{Quantity.Of((int)Math.Min(int.MaxValue, lost), "failure")} beside these are not remembered\n\n" : "";
        var codes = failures.Count > max ? $"{Codes(failures)}\nThe last {max:N0} of {failures.Count:N0}; --max {failures.Count} lists all:\n\n" : "";
        return missed + codes + table;
    }

    private static PrintedTable Codes(IEnumerable<FailedRecord> failures) => new PrintedTable("code", "failures", "first", "last").With(
        failures.GroupBy(static f => f.ErrorCode).OrderByDescending(static c => c.Count()), static c =>
        [
            c.Key, $"{c.Count()}", Time(c.Min(static f => f.EndedAt)), Time(c.Max(static f => f.EndedAt)),
        ]);

    private static string Place(RecordExplanation told)
    {
        var table = new PrintedTable("what", "value");
        Add("stream", told.Stream);
        Add("hash key", told.HashKey?.ToString());
        Add("shard", told.ShardId);
        Add("range", told.StartingHashKey is { } start ? $"{start} to {told.EndingHashKey}" : null);
        Add("owner", told.OwnerSilo is { } owner ? ConditionText.Silo(owner) : null);
        Add("map", $"{(string.IsNullOrEmpty(told.MapVersion) ? "" : $"{told.MapVersion}, ")}read {told.ReadAt.UtcDateTime:HH:mm:ss}Z{told.IsMapCurrent switch { true => ", the sender agrees", false => ", the sender's is older", null => "" }}");
        if (told.ShardId is not null)
        {
            Add("use", $"{told.Utilisation * 100:0.#}% of what the shard takes, {told.Throttled} throttled in the last minute");
            Add("bucket", told.Bucket switch
            {
                null => "nobody sends for the shard yet",
                < 0 => "empty: a large record is paid off",
                { } fill => $"{fill * 100:0}% full",
            });
            Add("left to others", told.ForeignShare switch
            {
                null => null,
                0 => "nothing",
                { } share => $"{share * 100:0}% of its rate, because of throttles",
            });
            Add("hot key", told.HotKey is { } hot ? $"yes, at least {hot.Share * 100:0}% of the shard's bytes" : "no");
        }

        return table.ToString();

        void Add(string what, string? value)
        {
            if (value is not null)
                table.Add(what, value);
        }
    }

    private static PrintedTable Attempts(FailedRecord failure) =>
        new PrintedTable("attempt", "began", "took", "code", "message").With(failure.Attempts.Index(), static a =>
        [
            $"{a.Index + 1}", Time(a.Item.StartedAt), $"{a.Item.Duration.TotalMilliseconds:0} ms",
            a.Item.ErrorCode ?? "delivered", a.Item.ErrorMessage ?? "",
        ]);

    /// <summary>With the day: a list without many failures goes back for weeks.</summary>
    private static string Time(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z";
}
