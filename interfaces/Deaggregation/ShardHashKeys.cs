namespace Orleans.Kpl;

/// <summary>The hash keys of a shard, as Kinesis lists them (<c>HashKeyRange</c>); both ends belong to it.</summary>
/// <param name="Starting">The lowest.</param>
/// <param name="Ending">The highest.</param>
public readonly record struct ShardHashKeys(UInt128 Starting, UInt128 Ending)
{
    /// <summary>Reads the two decimal texts of <c>HashKeyRange</c>.</summary>
    /// <param name="starting"><c>StartingHashKey</c>.</param>
    /// <param name="ending"><c>EndingHashKey</c>.</param>
    /// <exception cref="FormatException">One of them is no number from 0 to 2^128 − 1.</exception>
    public static ShardHashKeys Parse(string starting, string ending) => new(ParseOne(starting), ParseOne(ending));

    /// <summary>Whether a hash key belongs to the shard.</summary>
    public bool Contains(UInt128 hashKey) => hashKey >= Starting && hashKey <= Ending;

    private static UInt128 ParseOne(string text) =>
        UInt128.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{text}' is no hash key: a number from 0 to 2^128 - 1.");
}
