using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Host.Tests.Settings;

public sealed class CommandLineTests
{
    [Fact]
    public void Read_TakesSettingsInBothForms()
    {
        var read = CommandLine.Read(["--Kpl:RecordTtl=5s", "--kpl:cluster:id", "blue", "--Logging:LogLevel:Default=Debug", "--Kpl:Http:Address="]);
        Assert.Empty(read.Errors);
        Assert.Equal(
            [("kpl:cluster:id", "blue"), ("Kpl:Http:Address", ""), ("Kpl:RecordTtl", "5s"), ("Logging:LogLevel:Default", "Debug")],
            read.Settings.Select(s => (s.Key, s.Value!)).OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Read_WhenManyAreWrong_NamesEveryOne()
    {
        var read = CommandLine.Read(["--port", "5", "start", "--Kpl:RecordTtl", "--Kpl:Cluster:Id=a", "--Kpl:Cluster:ID=b", "--Kp:X=1"]);
        Assert.Equal(5, read.Errors.Count);
        Assert.StartsWith("--port is not known", read.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith("'start' belongs to no argument", read.Errors[1], StringComparison.Ordinal);
        Assert.Equal("--Kpl:RecordTtl needs a value", read.Errors[2]);
        Assert.Equal("--Kpl:Cluster:ID is given more than once", read.Errors[3]);
        Assert.StartsWith("--Kp:X is not known", read.Errors[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    public void Read_WhenHelpIsAskedFor_SaysSo(string word) => Assert.True(CommandLine.Read(["--Kpl:X=1", word]).Help);
}
