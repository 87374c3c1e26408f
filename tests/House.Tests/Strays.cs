namespace Orleans.Kpl.House.Tests;

/// <summary>Fails with every find on a line of its own, where xunit would show the first few.</summary>
internal static class Strays
{
    public static void None(IEnumerable<string> found)
    {
        var all = found.ToList();
        Assert.True(all.Count == 0, $"{all.Count} found:\n{string.Join('\n', all)}");
    }
}
