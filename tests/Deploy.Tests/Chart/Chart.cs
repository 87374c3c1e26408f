namespace Orleans.Kpl.Deploy.Tests;

/// <summary>Where the chart is, and the least that it needs.</summary>
internal static class Chart
{
    /// <summary>The values without a default.</summary>
    public const string Least = """
        cluster: {id: orders}
        region: eu-central-1
        security: open

        """;

    public static string Folder { get; } = Path.Combine(Checkout.Root, "helm", "kpl");

    public static string Read(string file) => File.ReadAllText(Path.Combine(Folder, file)).ReplaceLineEndings("\n");
}
