namespace Orleans.Kpl;

/// <summary>The rule for partition keys (AWS API reference, PutRecord).</summary>
internal static class PartitionKeyRule
{
    /// <summary>The maximum length in UTF-16 code units.</summary>
    public const int MaxLength = 256;

    public static bool IsFit(string? key) => key is { Length: > 0 and <= MaxLength };

    /// <summary>Says what is wrong with a key that is not fit.</summary>
    public static string Describe(string? key) => string.IsNullOrEmpty(key)
        ? $"the partition key is empty; it must have 1 to {MaxLength} UTF-16 code units"
        : $"the partition key has {key.Length} UTF-16 code units; at most {MaxLength} are allowed";
}
