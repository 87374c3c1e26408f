using System.Globalization;
using System.Text;
using Orleans.Kpl.Cli.Terminal;
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
            text.Append(finding).Append('\n');
        text.Append('\n').Append(Place(told));
        if (told.Failure is { Attempts.Count: > 0 } failure)
            text.Append('\n').Append(Attempts(failure));
        return text.ToString();
    }

    public static string Of(FailedRecordPage page)
    {
        if (page.Failures.Count == 0)
            return Text($"no failure since {page.Since:yyyy-MM-dd HH:mm:ss}Z is remembered\n");
        var table = new PrintedTable("number", "ended", "status", "code", "attempts", "hash key", "message");
        foreach (var f in page.Failures)
        {
            table.Add(
                Text($"{f.Number}"), Text($"{f.EndedAt.UtcDateTime:HH:mm:ss.fff}Z"), f.Status.ToString().ToLowerInvariant(), f.ErrorCode, Text($"{f.AttemptCount}"),
                f.HashKey?.ToString(CultureInfo.InvariantCulture) ?? "", f.ErrorMessage ?? "");
        }

        var missed = page.Missed > 0 ? Text($"{Quantity.Of((int)Math.Min(int.MaxValue, page.Missed), "failure")} before these are remembered no more\n\n") : "";
        return missed + table;
    }

    private static string Place(RecordExplanation told)
    {
        var table = new PrintedTable("what", "value");
        Add("stream", told.Stream);
        Add("hash key", told.HashKey?.ToString(CultureInfo.InvariantCulture));
        Add("shard", told.ShardId);
        Add("range", told.StartingHashKey is { } start ? Text($"{start} to {told.EndingHashKey}") : null);
        Add("owner", told.OwnerSilo is { } owner ? ConditionText.Silo(owner) : null);
        Add("map", Text($"{(string.IsNullOrEmpty(told.MapVersion) ? "" : $"{told.MapVersion}, ")}read {told.ReadAt.UtcDateTime:HH:mm:ss}Z{told.IsMapCurrent switch { true => ", the sender agrees", false => ", the sender's is older", null => "" }}"));
        if (told.ShardId is not null)
        {
            Add("use", Text($"{told.Utilisation * 100:0.#}% of what the shard takes, {told.Throttled} throttled in the last minute"));
            Add("bucket", told.Bucket is { } fill ? Text($"{fill * 100:0}% full") : "nobody sends for the shard yet");
            Add("other writers", told.ForeignShare is { } share ? Text($"{share * 100:0}% of its rate is left to them") : null);
            Add("hot key", told.HotKey is { } hot ? Text($"yes, at least {hot.Share * 100:0}% of the shard's bytes") : "no");
        }

        return table.ToString();

        void Add(string what, string? value)
        {
            if (value is not null)
                table.Add(what, value);
        }
    }

    private static string Attempts(FailedRecord failure)
    {
        var table = new PrintedTable("attempt", "began", "took", "code", "message");
        for (var i = 0; i < failure.Attempts.Count; i++)
        {
            var attempt = failure.Attempts[i];
            table.Add(
                Text($"{i + 1}"), Text($"{attempt.StartedAt.UtcDateTime:HH:mm:ss.fff}Z"), Text($"{attempt.Duration.TotalMilliseconds:0} ms"),
                attempt.ErrorCode ?? "delivered", attempt.ErrorMessage ?? "");
        }

        return table.ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
