using System.Text;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

public sealed class PutJsonTests
{
    private const int Letters = 200_000;
    private const int Rounds = 20;

    /// <summary>.NET unescapes a text into an array of the pool, and keeps that where it is no Unicode: sent again and again, it empties the pool.</summary>
    [Theory]
    [InlineData("""{"StreamName":"events","PartitionKey":"k","Data":"$\ud800"}""")]
    [InlineData("""{"StreamName":"events","PartitionKey":"$\ud800","Data":"aGk="}""")]
    [InlineData("""{"StreamName":"$\ud800","PartitionKey":"k","Data":"aGk="}""")]
    [InlineData("""{"StreamName":"events","PartitionKey":"k","Data":"aGk=","More$\ud800":1}""")]
    public void Read_OfATextThatIsNoUnicode_IsRefused_AndKeepsNothing(string body)
    {
        var bytes = Encoding.ASCII.GetBytes(body.Replace("$", new string('a', Letters), StringComparison.Ordinal));
        var allocated = new long[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var call = new PutCall();
            Assert.Contains("Serialization", Assert.Throws<FrontException>(() => PutJson.Read(bytes, isSingle: true, call)).Type, StringComparison.Ordinal);
            call.Dispose();
            allocated[i] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.InRange(allocated.Order().ElementAt(Rounds / 2), 0, Letters / 2);
    }

    /// <summary>Decoded elsewhere, it took as much memory again as the body, for as long as the request waited, and nothing counted that.</summary>
    [Theory]
    [InlineData("""{"StreamName":"events","PartitionKey":"k","Data":"$"}""", true)]
    [InlineData("""{"StreamName":"events","Records":[{"Data":"$","PartitionKey":"k"}]}""", false)]
    [InlineData("""{"StreamName":"events","Records":[{"PartitionKey":"k","Data":"$"}]}""", false)]
    [InlineData("""{"StreamName":"events","Records":[{"Data":"aGk=","Other":1,"Data":"$","PartitionKey":"k"}]}""", false)]
    public void Read_OfData_DecodesItInTheBody(string body, bool isSingle)
    {
        var data = new byte[Letters];
        new Random(Letters).NextBytes(data);
        var text = Convert.ToBase64String(data);
        foreach (var written in (string[])[text, text.Insert(7, " "), text.Replace("/", @"\/", StringComparison.Ordinal), text.Insert(Letters, @"\r\n")])
        {
            using var call = new PutCall();
            var bytes = Encoding.ASCII.GetBytes(body.Replace("$", written, StringComparison.Ordinal));
            PutJson.Read(bytes, isSingle, call);
            var read = Assert.Single(call.Entries.ToArray());
            Assert.Equal("k", read.Key);
            Assert.Equal(data, read.Data!.Value.ToArray());
            Assert.True(bytes.AsSpan().Overlaps(read.Data.Value.Span));
        }
    }

    [Theory]
    [InlineData("aGk")]
    [InlineData("aGk=aGk=")]
    [InlineData("aGk-")]
    public void Read_OfDataThatIsNoBase64_IsRefused_HoweverLongItIs(string end)
    {
        foreach (var start in (string[])["", new string('A', Letters)])
        {
            using var call = new PutCall();
            var bytes = Encoding.ASCII.GetBytes($$"""{"StreamName":"events","Records":[{"Data":"{{start}}{{end}}","PartitionKey":"k"}]}""");
            var refused = Assert.Throws<FrontException>(() => PutJson.Read(bytes, isSingle: false, call));
            Assert.Equal("The data of a record is not base64.", refused.Message);
        }
    }
}
