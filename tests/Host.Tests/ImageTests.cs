namespace Orleans.Kpl.Host.Tests;

public sealed class ImageTests
{
    /// <summary>Orleans' packages bring it along: with it a third of the image was a compiler that nobody runs.</summary>
    [Fact]
    public void TheSilo_BringsNoCompiler() =>
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Checkout.Program("Orleans.Kpl.Host"))!, "Microsoft.CodeAnalysis*.dll"));
}
