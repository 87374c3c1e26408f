using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Tests.Arguments;

public sealed class LocalArgumentsTests
{
    [Fact]
    public void Read_TakesEveryArgument()
    {
        var read = LocalArguments.Read(
        [
            "--http-port", "1", "--kinesis-port=2", "--kinesis-tls-port", "0", "--kinesis-tls-certificate", "tls.pem",
            "--kinesis-check-signatures", "K:S:T", "--stream", "a=7", "--stream", "b",
            "--kinesis-endpoint", "https://host:1/", "--create-streams", "--data", "dir", "--limit-model", "window:20", "--Kpl:RecordTtl=5s",
            "--kpl:Streams:a:RateLimit", "10",
            "--Logging:LogLevel:Default=Debug",
        ]);

        Assert.Empty(read.Errors);
        Assert.Equal((1, 2, 0), (read.HttpPort, read.KinesisPort, read.KinesisTlsPort));
        Assert.Equal("tls.pem", read.KinesisTlsCertificate);
        Assert.Equal(new SigningKey("K", "S:T"), read.CheckSignatures);
        Assert.Equal([new StreamArgument("a", 7), new StreamArgument("b", null)], read.Streams);
        Assert.Equal(4, read.Streams[1].ShardsOrDefault);
        Assert.Equal(new Uri("https://host:1/"), read.KinesisEndpoint);
        Assert.True(read.CreateStreams);
        Assert.Equal("dir", read.Data);
        Assert.Equal(LimitModel.Window(TimeSpan.FromMilliseconds(20)), read.LimitModel);
        Assert.Equal(("5s", "10", "Debug"),
            (read.Settings["Kpl:RecordTtl"], read.Settings["Kpl:Streams:a:RateLimit"], read.Settings["Logging:LogLevel:Default"]));
    }

    [Theory]
    [InlineData("--http-prot", "--http-port")]
    [InlineData("--Streams", "--stream")]
    [InlineData("--kinesis-endpiont", "--kinesis-endpoint")]
    [InlineData("--RecordTtl", "--Kpl:RecordTtl")]
    public void Read_WhenAnArgumentIsMisspelt_NamesTheNearest(string name, string nearest) =>
        Assert.Equal([$"{name} is not known; the nearest is {nearest}"], LocalArguments.Read([name, "1"]).Errors);

    [Fact]
    public void Read_WhenManyAreWrong_NamesEveryOne()
    {
        var read = LocalArguments.Read(
        [
            "word", "--unknown", "value", "--http-port", "65536", "--http-port", "-1", "--kinesis-port", "--create-streams=yes", "--kinesis-tls-port=",
            "--kinesis-check-signatures", "secret",
            "--stream", "a=x", "--stream", "a", "--stream", "a=2", "--kinesis-endpoint", "host:1", "--limit-model", "bucket:0",
        ]);

        Assert.Equal(
            [
                "'word' belongs to no argument; --help names all arguments",
                "--unknown is not known; --help names all arguments",
                "--http-port is '65536': allowed is 0 to 65535",
                "--http-port is given more than once",
                "--http-port is '-1': allowed is 0 to 65535",
                "--kinesis-port needs a value",
                "--create-streams takes no value",
                "--kinesis-tls-port needs a value",
                "--kinesis-check-signatures has a value that is not allowed: expected is KEY:SECRET: both with a character at least",
                "--stream is 'a=x': expected is NAME or NAME=SHARDS: a whole number of shards from 1",
                "--stream a is given more than once",
                "--kinesis-endpoint is 'host:1': allowed is http:// or https://, without user, query or fragment",
                "--limit-model is 'bucket:0': expected is bucket:MS, window:MS or none: 1 to 3600000 ms",
            ],
            read.Errors);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    public void Read_KnowsHelp(string argument) => Assert.True(LocalArguments.Read([argument]).Help);
}
