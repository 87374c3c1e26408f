namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>One stretch of an aggregate's bytes, explained.</summary>
/// <param name="Offset">Where it starts in the payload.</param>
/// <param name="Length">How many bytes it has, those of the fields inside it included.</param>
/// <param name="Depth">0 for parts of the aggregate, 1 for fields of a user record.</param>
/// <param name="Name">What it is: a name of the format.</param>
/// <param name="ValueOffset">Where its value starts, behind tag and length.</param>
/// <param name="Number">Its value, where that is a number.</param>
internal readonly record struct AggregateField(int Offset, int Length, int Depth, string Name, int ValueOffset, ulong? Number)
{
    /// <summary>Bytes of the value.</summary>
    public int ValueLength => Offset + Length - ValueOffset;
}
