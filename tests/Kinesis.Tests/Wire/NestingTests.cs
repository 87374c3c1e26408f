using System.Text;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

/// <summary>
/// What a body makes of itself in memory, before anybody asks whose it is. .NET's reader of CBOR keeps 48 bytes for each list that begins, and 8 for each
/// piece of a string, without limit: a body of 16 MB took more than a gigabyte.
/// </summary>
public sealed class NestingTests
{
    private const int Many = 1_000_000;
    private const int MostOfADescription = 64 << 10;
    private const long Most = 1 << 20;

    /// <summary>Beginnings of a request, what is repeated a million times, and the end.</summary>
    private static readonly Dictionary<string, (byte[] Begin, byte[] Repeated, byte[] End)> Bodies = new()
    {
        ["a list"] = ([], [0x81], []),
        ["lists, as an unknown member"] = ([0xA1, 0x61, 0x78], [0x81], []),
        ["lists without a length"] = ([0xA1, 0x61, 0x78], [0x9F], []),
        ["maps"] = ([0xA1, 0x61, 0x78], [0xA1, 0x61, 0x78], []),
        ["maps without a length"] = ([0xBF, 0x61, 0x78], [0xBF, 0x61, 0x78], []),
        ["maps whose keys are maps"] = ([0xA1, 0x61, 0x78], [0xA1], []),
        ["tagged lists"] = ([0xA1, 0x61, 0x78], [0xC1, 0x81], []),
        ["tags"] = ([0xA1, 0x61, 0x78], [0xC1], []),
        ["lists in a record"] = ([0xA1, 0x67, .. "Records"u8, 0x81, 0xA1, 0x61, 0x78], [0x81], []),
        ["lists in place of a key"] = ([0xA1, 0x67, .. "Records"u8, 0x81, 0xA1, 0x6C, .. "PartitionKey"u8], [0x81], []),
        ["empty pieces of a name"] = ([0xA1, 0x6A, .. "StreamName"u8, 0x7F], [0x60], [0xFF, 0x00]),
        ["empty pieces of data"] = ([0xA1, 0x67, .. "Records"u8, 0x81, 0xA1, 0x64, .. "Data"u8, 0x5F], [0x40], [0xFF, 0x00]),
        ["empty pieces of a member's name"] = ([0xA1, 0x7F], [0x60], [0xFF, 0x01, 0x00]),
        ["empty pieces of an unknown member"] = ([0xA1, 0x61, 0x78, 0x5F], [0x40], [0xFF, 0x00]),
    };

    public static TheoryData<string> Names => [.. Bodies.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_OfCborThatIsNestedAMillionTimes_IsRefused_AndTakesNoMemory(string name)
    {
        var body = BodyOf(name, Many);
        var error = TakeLittle(call => PutCbor.Read(body, isSingle: false, call));
        Assert.Contains("SerializationException", Assert.IsType<FrontException>(error).Type, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_OfADescriptionInCbor_OfAllThatItsBodyMayHave_TakesNoMemory(string name)
    {
        var body = BodyOf(name, MostOfADescription / Bodies[name].Repeated.Length);
        TakeLittle(_ => DescribeRequest.Read(body, isCbor: true));
    }

    [Theory]
    [InlineData("""{"x":""", "[")]
    [InlineData("""{"x":""", """{"x":""")]
    [InlineData("""{"Records":[""", "[")]
    [InlineData("""{"Records":[{"x":""", "[")]
    [InlineData("""{"Records":[{"Data":""", "[")]
    public void Read_OfJsonThatIsNestedAMillionTimes_IsRefused_AndTakesNoMemory(string begin, string repeated)
    {
        var body = Encoding.ASCII.GetBytes(begin + string.Concat(Enumerable.Repeat(repeated, Many)));
        var error = TakeLittle(call => PutJson.Read(body, isSingle: false, call));
        Assert.Contains("SerializationException", Assert.IsType<FrontException>(error).Type, StringComparison.Ordinal);
    }

    /// <summary>What an SDK of tomorrow may add is passed over, as long as it is no tower.</summary>
    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Read_OfAnUnknownMember_PassesOverSixteenLists(int deep, bool isTaken)
    {
        byte[] body = [0xA3, 0x61, 0x78, .. Enumerable.Repeat((byte)0x81, deep), 0xF6, 0x6A, .. "StreamName"u8, 0x61, 0x73, 0x67, .. "Records"u8, 0x80];
        using var call = new PutCall();
        if (isTaken)
        {
            PutCbor.Read(body, isSingle: false, call);
            Assert.Equal(("s", 0), (call.StreamName, call.Count));
        }
        else
        {
            Assert.Throws<FrontException>(() => PutCbor.Read(body, isSingle: false, call));
        }
    }

    /// <summary>A writer that does not know a length beforehand, as Java's, sends a string in pieces.</summary>
    [Fact]
    public void Read_OfStringsInPieces_JoinsThem()
    {
        byte[] body =
        [
            0xBF, 0x7F, 0x64, .. "Data"u8, 0xFF, 0x5F, 0x42, 1, 2, 0x40, 0x41, 3, 0xFF,
            0x6C, .. "PartitionKey"u8, 0x7F, 0x62, .. "ke"u8, 0x61, .. "y"u8, 0xFF, 0x6A, .. "StreamName"u8, 0x7F, 0xFF, 0xFF,
        ];
        using var call = new PutCall();
        PutCbor.Read(body, isSingle: true, call);
        Assert.Equal(("key", ""), (call.Entries[0].Key, call.StreamName));
        Assert.Equal(new byte[] { 1, 2, 3 }, call.Entries[0].Data!.Value.ToArray());
    }

    private static byte[] BodyOf(string name, int times)
    {
        var (begin, repeated, end) = Bodies[name];
        var body = new byte[begin.Length + (times * repeated.Length) + end.Length];
        begin.CopyTo(body, 0);
        for (var i = 0; i < times; i++)
            repeated.CopyTo(body, begin.Length + (i * repeated.Length));
        end.CopyTo(body, body.Length - end.Length);
        return body;
    }

    private static Exception? TakeLittle(Action<PutCall> read)
    {
        using var call = new PutCall();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => read(call));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Most);
        return error;
    }
}
