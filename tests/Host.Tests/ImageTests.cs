namespace Orleans.Kpl.Host.Tests;

public sealed class ImageTests
{
    /// <summary>Orleans' packages depend on Roslyn, which nothing in a silo uses. It was a third of the image.</summary>
    [Fact]
    public void TheSilo_BringsNoCompiler() =>
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Checkout.Program("Orleans.Kpl.Host"))!, "Microsoft.CodeAnalysis*.dll"));
}
