using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Apart;

/// <summary>Tells why records fail whose time-to-live has ended.</summary>
internal static class Expiry
{
    /// <summary>
    /// Returns the reason of one record. The expiry itself counts as an attempt, as in KPL; so the message has no number of its own that would differ from
    /// that of the attempts. A record without attempts waited for the stream's calls: the trouble is why these fail, if they do.
    /// </summary>
    public static FailureReason ReasonOf(AttemptChain? tries, DateTimeOffset at, FailureReason? former, string? trouble = null)
    {
        former = tries?.LastReason ?? former;
        if (former is { Code: RecordErrorCodes.Expired } && ReferenceEquals(former.Tries, tries) && former.Attempts[^1].EndedAt == at)
            return former;
        var message = tries is null
            ? $"the time-to-live ended before the first attempt{(trouble is null ? "" : $"; the stream's last call: {trouble}")}"
            : $"the time-to-live ended; the last attempt: {tries.Attempt.ErrorCode}: {tries.Attempt.ErrorMessage}";
        var end = new Attempt { StartedAt = at, EndedAt = at, ErrorCode = RecordErrorCodes.Expired, ErrorMessage = message };
        return new FailureReason(tries, [.. AttemptChain.ToArray(tries), end], RecordStatus.Failed, RecordErrorCodes.Expired, message).Remembered();
    }
}
