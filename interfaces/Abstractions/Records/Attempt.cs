using System.Globalization;
using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>
/// One attempt to deliver a record. Of very many attempts only the first and the latest are kept: an entry with code
/// <see cref="RecordErrorCodes.LeftOut"/> then stands for those between them.
/// </summary>
public readonly record struct Attempt
{
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

    /// <summary>Whether a request was made: <see cref="StreamOptions.MaxAttempts"/> counts no others.</summary>
    internal bool WasMade => ErrorCode != RecordErrorCodes.LeaseLost;

    /// <summary>The number of attempts that this stands for: one, or as many as its message says were left out.</summary>
    internal int Count
    {
        get
        {
            if (ErrorCode != RecordErrorCodes.LeftOut || ErrorMessage is not { } message)
                return 1;
            var number = message.AsSpan(0, Math.Max(0, message.IndexOf(' ', StringComparison.Ordinal)));
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1;
        }
    }

    /// <summary>Makes the entry that stands for a row of attempts.</summary>
    /// <param name="startedAt">When the first of them began.</param>
    /// <param name="endedAt">When the last of them was answered or failed.</param>
    internal static Attempt LeftOut(int count, DateTimeOffset startedAt, DateTimeOffset endedAt) => new()
    {
        StartedAt = startedAt,
        EndedAt = endedAt,
        ErrorCode = RecordErrorCodes.LeftOut,
        ErrorMessage = string.Create(CultureInfo.InvariantCulture, $"{count} attempts are left out here"),
    };
}
