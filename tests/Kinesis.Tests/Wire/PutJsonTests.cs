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
}
