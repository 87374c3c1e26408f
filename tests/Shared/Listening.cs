namespace Orleans.Kpl.Testing;

/// <summary>What is told of listeners of metrics and spans.</summary>
internal static class Listening
{
    /// <summary>Where no listener throws.</summary>
    public static void Throws(string listener, Exception error) => throw new InvalidOperationException($"{listener} threw, which no test expects", error);
}
