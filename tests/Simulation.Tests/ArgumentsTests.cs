using Orleans.Kpl.Simulation.Plans;
using Orleans.Kpl.Simulation.Running;

namespace Orleans.Kpl.Simulation.Tests;

public sealed class ArgumentsTests
{
    [Fact]
    public void Parse_OfACommandLine_UnderstandsIt()
    {
        var arguments = Arguments.Parse(["--seed", "7", "--keep", "0,3", "--trace", "--shrink", "--plant", "Hangs", "--json"], out _)!;

        Assert.Equal((7, true, true, true, PlantedDefect.Hangs), (arguments.Seed, arguments.Trace, arguments.Shrink, arguments.Json, arguments.Planted));
        Assert.Equal([0, 3], arguments.Keep);
        Assert.Equal([7, 9], Arguments.Parse(["--seeds", "7,9"], out _)!.Seeds);
        Assert.Equal([], Arguments.Parse(["--keep", "none"], out _)!.Keep);
        Assert.Equal((5, 60.5), (Arguments.Parse(["--least", "5"], out _)!.Least, Arguments.Parse(["--seconds", "60.5"], out _)!.Seconds));
    }

    [Theory]
    [InlineData("--seed")]
    [InlineData("--seed", "x")]
    [InlineData("--keep", "1,x")]
    [InlineData("--seeds", "1,")]
    [InlineData("--what", "1")]
    public void Parse_OfAnythingElse_SaysWhatIsWrong(params string[] line)
    {
        Assert.Null(Arguments.Parse(line, out var error));
        Assert.Contains(line[0], error, StringComparison.Ordinal);
    }
}
