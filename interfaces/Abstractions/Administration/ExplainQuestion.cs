using System.Globalization;

namespace Orleans.Kpl;

/// <summary>A question for <see cref="IStreamAdmin.ExplainAsync"/>: why a record failed, or where records of a partition key or of a hash key go.</summary>
public sealed record ExplainQuestion
{
    private const string FailureText = "failure";
    private const string KeyText = "key";
    private const string HashText = "hash";

    private ExplainQuestion(long? failure, string? partitionKey, UInt128? hashKey) => (Failure, PartitionKey, HashKey) = (failure, partitionKey, hashKey);

    /// <summary>The number of a failure in the stream's list (<see cref="IStreamAdmin.GetFailuresAsync"/>), from 1; null for the other two kinds.</summary>
    public long? Failure { get; }

    /// <summary>A partition key, 1 to 256 UTF-16 code units; null for the other two kinds.</summary>
    public string? PartitionKey { get; }

    /// <summary>A hash key, 0 to 2^128 − 1; null for the other two kinds.</summary>
    public UInt128? HashKey { get; }

    /// <summary>Asks about a failure.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public static ExplainQuestion OfFailure(long number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        return new ExplainQuestion(number, null, null);
    }

    /// <summary>Asks where records of a partition key go.</summary>
    /// <param name="partitionKey">1 to 256 UTF-16 code units.</param>
    /// <exception cref="RecordValidationException">The key is empty or too long.</exception>
    public static ExplainQuestion OfKey(string partitionKey)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        return PartitionKeyRule.IsFit(partitionKey)
            ? new ExplainQuestion(null, partitionKey, null)
            : throw new RecordValidationException(RecordErrorCodes.InvalidPartitionKey, PartitionKeyRule.Describe(partitionKey));
    }

    /// <summary>Asks where records of an explicit hash key go.</summary>
    /// <param name="hashKey">0 to 2^128 − 1.</param>
    public static ExplainQuestion OfHash(UInt128 hashKey) => new(null, null, hashKey);

    /// <summary>Reads the text of <see cref="ToString"/>.</summary>
    /// <exception cref="FormatException">The text is no question.</exception>
    internal static ExplainQuestion Parse(string text)
    {
        var (kind, value) = text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? (text[..colon], text[(colon + 1)..]) : ("", text);
        return kind switch
        {
            FailureText when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => OfFailure(number),
            KeyText => OfKey(value),
            HashText when UInt128.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var hash) => OfHash(hash),
            _ => throw new FormatException($"'{text}' asks about no failure, key or hash key"),
        };
    }

    /// <summary>Returns the question as text, such as <c>failure:7</c>, <c>key:user-17</c> or <c>hash:0</c>.</summary>
    public override string ToString() => Failure is { } number ? string.Create(CultureInfo.InvariantCulture, $"{FailureText}:{number}")
        : PartitionKey is { } key ? $"{KeyText}:{key}" : string.Create(CultureInfo.InvariantCulture, $"{HashText}:{HashKey ?? 0}");
}
