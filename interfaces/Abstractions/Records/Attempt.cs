using System.Globalization;
using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>
/// One attempt to deliver a record. Of very many attempts only the first and the latest are kept: an entry with code
/// <see cref="RecordErrorCodes.LeftOut"/> then stands for those between them.
/// </summary>
public readonly record struct Attempt
{
    /// <summary>
    /// The codes of calls that are refused as a whole, and then sent in halves, down to the record that it was for. That one fails at once, or is
    /// taken apart: an attempt with such a code that others follow tells nothing of its record.
    /// </summary>
    internal static readonly string[] HalvedCodes =
        ["ValidationException", "SerializationException", "InvalidArgumentException", "RequestEntityTooLargeException", "HTTP 413"];

    private const string OfThem = "; of them ";

    /// <summary>When the request began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the request was answered or failed.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>Kinesis' error code or one of <see cref="RecordErrorCodes"/>; null when the attempt delivered the record.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The message for the error code.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>True for the attempt that delivered the record.</summary>
    [JsonIgnore]
    public bool Succeeded => ErrorCode is null;

    /// <summary>How long the attempt took.</summary>
    [JsonIgnore]
    public TimeSpan Duration => EndedAt - StartedAt;

    /// <summary>The number of attempts that this stands for: one, or as many as its message says were left out.</summary>
    internal int Count => ErrorCode == RecordErrorCodes.LeftOut ? NumberAt(0) : 1;

    /// <summary>
    /// How many of them <see cref="StreamOptions.MaxAttempts"/> counts: neither those without a request nor those of calls that were sent again in halves.
    /// </summary>
    internal int Counted => ErrorCode == RecordErrorCodes.LeaseLost || HalvedCodes.Contains(ErrorCode) ? 0
        : ErrorCode == RecordErrorCodes.LeftOut && ErrorMessage?.IndexOf(OfThem, StringComparison.Ordinal) is >= 0 and var at ? NumberAt(at + OfThem.Length)
        : Count;

    /// <summary>Makes the entry that stands for a row of attempts.</summary>
    internal static Attempt LeftOut(ReadOnlySpan<Attempt> row)
    {
        var (count, counted) = (0, 0);
        foreach (ref readonly var attempt in row)
            (count, counted) = (count + attempt.Count, counted + attempt.Counted);
        return new()
        {
            StartedAt = row[0].StartedAt,
            EndedAt = row[^1].EndedAt,
            ErrorCode = RecordErrorCodes.LeftOut,
            ErrorMessage = string.Create(CultureInfo.InvariantCulture, $"{count} attempts are left out here{(counted == count ? "" : $"{OfThem}{counted} count")}"),
        };
    }

    private int NumberAt(int start)
    {
        var rest = ErrorMessage.AsSpan(start);
        var number = rest[..Math.Max(0, rest.IndexOf(' '))];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1;
    }
}
