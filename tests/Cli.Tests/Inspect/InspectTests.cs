using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Tests.Inspect;

/// <remarks>Tests <see cref="Cli.Inspect.InspectVerb"/>.</remarks>
public sealed class InspectTests
{
    /// <summary>Golden vector V4: made by KPL's own classes.</summary>
    private const string Vector = "f3899ac20a01610a01620a0163120331323312273334303238323336363932303933383436333436333337343630373433313736383231313435351a0508001a01311a08080110001a0232321a06080010001a001a09080210011a03333333268138c923d6c10d5b30a26ce0758475";

    private static readonly byte[] Aggregate = Convert.FromHexString(Vector);

    [Fact]
    public async Task Inspect_OfAnAggregate_TellsEveryByte()
    {
        var run = await CliRun.RunAsync(Aggregate, ["inspect"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("aggregate, 111 bytes: 4 user records, 3 partition keys, 2 explicit hash keys", run.Lines[0]);
        Assert.Contains("       0       4  f3 89 9a c2                              magic", run.Text, StringComparison.Ordinal);
        Assert.Contains("partition key 0, 1 byte: 'a', hash key 16955237001963240173058271559858726497", run.Text, StringComparison.Ordinal);
        Assert.Contains("explicit hash key 1, 39 bytes: '340282366920938463463374607431768211455'", run.Text, StringComparison.Ordinal);
        Assert.Contains("      72       4    1a 02 32 32                              data, 2 bytes: '22'", run.Text, StringComparison.Ordinal);
        Assert.Contains("      80       2    10 00                                    explicit hash key index 0: '123'", run.Text, StringComparison.Ordinal);
        Assert.Contains("MD5 of bytes 4 to 94: right", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--hex", Vector)]
    [InlineData("--hex", "0xF3 89:9a c2\n0a01610a01620a0163120331323312273334303238323336363932303933383436333436333337343630373433313736383231313435351a0508001a01311a08080110001a0232321a06080010001a001a09080210011a03333333268138c923d6c10d5b30a26ce0758475\n")]
    [InlineData("--base64", null)]
    [InlineData(null, null)]
    public async Task Inspect_DecodesItsInput(string? option, string? text)
    {
        text ??= Convert.ToBase64String(Aggregate, Base64FormattingOptions.InsertLineBreaks) + "\n";
        var run = await CliRun.RunAsync(text, option is null ? ["inspect", "-"] : ["inspect", option]);
        run.AssertOutput(0, "aggregate, 111 bytes: 4 user records");
    }

    [Theory]
    [InlineData("--hex", "f3899")]
    [InlineData("--hex", "hello")]
    [InlineData("--base64", "a b c!")]
    public async Task Inspect_WhenTheInputIsNotAsSaid_SaysSo(string option, string text) =>
        Assert.Equal(2, (await CliRun.RunAsync(text, ["inspect", option])).ExitCode);

    [Theory]
    [InlineData("")]
    [InlineData("hello world")]
    [InlineData("aGVsbG8=")]
    public async Task Inspect_OfPlainData_SaysThatItIsPlain(string text)
    {
        var run = await CliRun.RunAsync(text, ["inspect"]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith($"plain data, {text.Length} bytes", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_WhenALineEndFollows_SaysThatItIsSoundWithout() =>
        (await CliRun.RunAsync([.. Aggregate, (byte)'\n'], ["inspect"])).AssertOutput(1, "sound without the last 1 byte: 0a");

    [Fact]
    public async Task Inspect_WhenARecordNamesAMissingKey_SaysWhere()
    {
        byte[] message = [0x0a, 1, (byte)'a', 0x1a, 5, 8, 3, 0x1a, 1, (byte)'x'];
        var run = await CliRun.RunAsync([0xf3, 0x89, 0x9a, 0xc2, .. message, .. MD5.HashData(message)], ["inspect"]);
        run.AssertOutput(1, "byte 9: record 0 names partition key 3, the table has 1");
    }

    [Fact]
    public void Walk_WhenTablesFollowTheRecords_FindsTheirKeys()
    {
        byte[] message = [0x1a, 5, 8, 0, 0x1a, 1, (byte)'x', 0x0a, 1, (byte)'a', 0x22, 1, 0];
        var report = AggregateWalker.Walk(new byte[] { 0xf3, 0x89, 0x9a, 0xc2 }.Concat(message).Concat(MD5.HashData(message)).ToArray());
        Assert.Empty(report.Problems);
        Assert.Contains(report.Parts, static part => part.Meaning == "partition key index 0: 'a'");
        Assert.Contains(report.Parts, static part => part.Meaning.Contains("unknown field 4", StringComparison.Ordinal));
    }

    [Fact]
    public void Walk_OfDamagedBytes_AgreesWithTheDecoder_AndTellsEveryByteOnce()
    {
        var damage = Gen.Choose(0, Aggregate.Length - 1).Zip(Gen.Choose(0, 255)).ListOf();
        Prop.ForAll(damage.ToArbitrary(), Gen.Choose(4, Aggregate.Length).ToArbitrary(), Gen.Elements(true, false).ToArbitrary(), (changes, length, seal) =>
        {
            var payload = Aggregate[..length];
            foreach (var (at, value) in changes.Where(change => change.Item1 >= 4 && change.Item1 < length))
                payload[at] = (byte)value;
            if (seal && length >= 20)
                MD5.HashData(payload.AsSpan(4..^16)).CopyTo(payload.AsSpan(^16..));

            var report = AggregateWalker.Walk(payload);

            var covered = 0;
            foreach (var part in report.Parts)
            {
                if (part.Start != covered && part.Depth == 0)
                    return false;
                covered = part.Start + part.Length;
            }

            var isSound = AggregatedRecordCodec.TryDecode(payload, out var members, out _) && members.Length > 0
                && members.All(static m => m.PartitionKey.Length > 0);
            return covered == payload.Length && (report.Problems.Count > 0 || isSound);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }
}
