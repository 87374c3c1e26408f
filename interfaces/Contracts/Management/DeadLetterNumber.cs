namespace Orleans.Kpl.Management;

/// <summary>The producer number of one letter of a <see cref="DeadLetterReport"/>.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.DeadLetterNumber")]
internal sealed record DeadLetterNumber
{
    /// <summary>The letter's place in the report, from 0.</summary>
    [Id(0)]
    public int Letter { get; init; }

    /// <summary>The producer.</summary>
    [Id(1)]
    public ulong Producer { get; init; }

    /// <summary>Its line; never 0.</summary>
    [Id(2)]
    public int Line { get; init; }

    /// <summary>The number in that line.</summary>
    [Id(3)]
    public long Number { get; init; }
}
