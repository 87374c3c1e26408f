using System.Text.Json.Serialization;

namespace Orleans.Kpl.Http.Watching;

/// <summary>The failures of one code.</summary>
/// <param name="Unknown">For how many of them Kinesis may have the record.</param>
/// <param name="First">When the first one ended.</param>
/// <param name="Last">When the last one ended.</param>
/// <param name="Number">The number of the last one, by which it can be explained.</param>
internal sealed record FailureGroup(string Code, long Count, long Unknown, DateTimeOffset First, DateTimeOffset Last, long Number);

/// <summary>Counts the failures of a stream by their codes, page by page. Not thread-safe.</summary>
internal sealed class FailureGroups
{
    /// <summary>More codes than these are not told apart.</summary>
    private const int MostCodes = 32;

    private readonly Dictionary<string, FailureGroup> _groups = new(StringComparer.Ordinal);
    private DateTimeOffset _since;

    /// <summary>The number after which the next page begins.</summary>
    public long Next { get; private set; }

    /// <summary>Failures that were not in the list any more.</summary>
    public long Missed { get; private set; }

    /// <summary>The groups, the one with the latest failure first.</summary>
    public IReadOnlyList<FailureGroup> Groups { get; private set; } = [];

    /// <summary>Adds a page. A list that was begun anew, as by another manager, begins the groups anew.</summary>
    /// <returns>Whether there is more to read now.</returns>
    public bool Add(FailedRecordPage page)
    {
        if (_since != page.Since && Next > 0)
        {
            _groups.Clear();
            (_since, Next, Missed) = (page.Since, 0, 0);
            Groups = [];
            return true;
        }

        _since = page.Since;
        Missed += page.Missed;
        Next = page.Next;
        foreach (var failure in page.Failures)
            Add(failure);
        if (page.Failures.Count > 0)
            Groups = [.. _groups.Values.OrderByDescending(static g => g.Last).ThenBy(static g => g.Code, StringComparer.Ordinal)];
        return page.HasMore;
    }

    private void Add(FailedRecord failure)
    {
        var code = _groups.Count < MostCodes || _groups.ContainsKey(failure.ErrorCode) ? failure.ErrorCode : "Other";
        var unknown = failure.Status == RecordStatus.Unknown ? 1 : 0;
        var at = failure.EndedAt;
        _groups[code] = !_groups.TryGetValue(code, out var group)
            ? new FailureGroup(code, 1, unknown, at, at, failure.Number)
            : new FailureGroup(
                code, group.Count + 1, group.Unknown + unknown, at < group.First ? at : group.First, at > group.Last ? at : group.Last, failure.Number);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<FailureGroup>))]
internal sealed partial class FailureJson : JsonSerializerContext;
