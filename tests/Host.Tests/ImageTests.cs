namespace Orleans.Kpl.Host.Tests;

public sealed class ImageTests
{
    /// <summary>Orleans' packages depend on Roslyn, which nothing in a silo uses. With what it depends on itself, it was a third of the image.</summary>
    [Theory]
    [InlineData("Microsoft.CodeAnalysis*.dll")]
    [InlineData("Humanizer*.dll")]
    [InlineData("System.Composition*.dll")]
    public void TheSilo_BringsNoCompiler(string pattern) =>
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Checkout.Program("Orleans.Kpl.Host"))!, pattern));
}
