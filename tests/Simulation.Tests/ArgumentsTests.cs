using Orleans.Kpl.Simulation.Running;

namespace Orleans.Kpl.Simulation.Tests;

public sealed class ArgumentsTests
{
    [Fact]
    public void Keep_WhereItIsNotGiven_IsEveryFault() => Assert.Null(Arguments.NumbersOf(Arguments.Command.Parse([]), Arguments.Keep));

    [Theory]
    [InlineData("0,3", 0, 3)]
    [InlineData("7", 7)]
    [InlineData("none")]
    public void Keep_OfNumbers_IsThem(string text, params int[] numbers) =>
        Assert.Equal(numbers, Arguments.NumbersOf(Arguments.Command.Parse(["--keep", text]), Arguments.Keep));

    [Theory]
    [InlineData("--keep", "1,x")]
    [InlineData("--seeds", "1,")]
    public void Parse_OfAnythingElse_SaysWhatIsWrong(params string[] line) =>
        Assert.Contains(line[0], Assert.Single(Arguments.Command.Parse(line).Errors).Message, StringComparison.Ordinal);
}
