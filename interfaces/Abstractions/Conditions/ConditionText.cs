using System.Globalization;
using System.Text.RegularExpressions;
using Orleans.Kpl.Administration;
using static System.FormattableString;

namespace Orleans.Kpl.Conditions;

/// <summary>How sentences write times, numbers and names.</summary>
internal static partial class ConditionText
{
    /// <summary>The minute in UTC, with the day where it is another one.</summary>
    public static string Time(DateTimeOffset at, DateTimeOffset now) =>
        at.UtcDateTime.ToString(at.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm 'UTC'" : "yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    public static string Age(TimeSpan age) => age.TotalSeconds < 120 ? Invariant($"{Math.Floor(age.TotalSeconds):0} s")
        : age.TotalHours < 2 ? Invariant($"{Math.Floor(age.TotalMinutes):0} min")
        : age.TotalDays < 2 ? Invariant($"{Math.Floor(age.TotalHours):0} h") : Invariant($"{Math.Floor(age.TotalDays):0} d");

    /// <summary>The first names of several, and how many more there are.</summary>
    public static string Names(IReadOnlyList<string> names)
    {
        const int most = 3;
        var last = names.Count > most ? Invariant($"{names.Count - most + 1} more") : names[^1];
        return names.Count == 1 ? last : $"{string.Join(", ", names.Take(Math.Min(names.Count, most) - 1))} and {last}";
    }

    /// <summary>The number of a shard, which is all that differs between the ids of one stream.</summary>
    public static string Shard(string id) => ShardId().Match(id) is { Success: true } found ? found.Groups[1].Value : id;

    /// <summary>
    /// The advice for a code, as the end of a sentence: the first sentence of its advice, or what helps where it lasts. What is told here does last.
    /// </summary>
    public static string NextStep(string code)
    {
        const string lasting = "If it lasts, ";
        var advice = ErrorAdvice.Of(code).Advice.Replace("`", "", StringComparison.Ordinal);
        var lasts = advice.IndexOf(lasting, StringComparison.Ordinal);
        if (lasts >= 0)
            advice = advice[(lasts + lasting.Length)..];
        var end = SentenceEnd().Match(advice);
        var first = end.Success ? advice[..end.Index] : advice;
        return first.Length > 1 && char.IsLower(first[1]) ? char.ToLowerInvariant(first[0]) + first[1..] : first;
    }

    /// <summary>The first line of a message, without what .NET appends to it: it is for people.</summary>
    public static string OneLine(string message)
    {
        var text = message.ReplaceLineEndings("\n");
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var line = end < 0 ? text : text[..end];
        var trace = line.IndexOf("   at ", StringComparison.Ordinal);
        return (trace < 0 ? line : line[..trace]).TrimEnd();
    }

    /// <summary>
    /// Returns a silo's address as its line <c>ready</c> has it: Orleans writes <c>S127.0.0.1:11111:154459804</c> or <c>127.0.0.1:11111@154459804</c>, with
    /// the number of its start.
    /// </summary>
    public static string Silo(string silo) => OrleansSilo().Match(silo) is { Success: true } found ? found.Groups["address"].Value : silo;

    [GeneratedRegex(@"^(S(?<address>.+:\d+):\d+|(?<address>[^@]+:\d+)@\d+)$")]
    private static partial Regex OrleansSilo();

    [GeneratedRegex(@"^shardId-0*(\d+)$")]
    private static partial Regex ShardId();

    [GeneratedRegex(@"[.](?=\s|$)")]
    private static partial Regex SentenceEnd();
}
