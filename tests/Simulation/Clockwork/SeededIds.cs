namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>Ids that are never used twice in a history, and are its own each time that it is told.</summary>
internal sealed class SeededIds(int seed)
{
    private readonly Random _random = new(seed);

    public Guid Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
