using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tests;

public sealed class CliApiTests
{
    /// <summary>The package Orleans.Kpl.Cli is a tool: its interface is the command line, and nothing of it is public.</summary>
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(KplCommand).Assembly, "client/Cli");
}
