using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Putting;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Kinesis.Signing;
using Orleans.Kpl.Kinesis.Tests.Signing;
using Orleans.Kpl.Kinesis.Wire;
using Orleans.Kpl.LocalKinesis.Tests.Wire;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

/// <summary>Damaged bodies and signatures, by seed: taken, or refused as Kinesis does, and never anything else.</summary>
/// <remarks>
/// Tests <see cref="PutJson"/>, <see cref="PutCbor"/>, <see cref="PutRules"/>, <see cref="DescribeRequest"/> and <see cref="SignatureVerifier"/>.
/// </remarks>
public sealed class FrontFuzzTests
{
    private const int Few = 5_000;
    private const int Many = 1_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ABody_OfAnyBytes_IsTakenOrRefusedByName(bool isCbor) => ReadBodies(isCbor, Few);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Category", "Long")]
    public void ABody_OfAnyBytes_AMillionTimes_IsTakenOrRefusedByName(bool isCbor) => ReadBodies(isCbor, Many);

    [Fact]
    public void AnAuthorization_OfAnyText_IsRefusedByName() => Verify(Few);

    [Fact]
    [Trait("Category", "Long")]
    public void AnAuthorization_OfAnyText_AMillionTimes_IsRefusedByName() => Verify(Many);

    /// <summary>Comparing such a name throws: that was a defect, and answered with 500.</summary>
    [Fact]
    public void ADescriptionWithANameThatIsNoUnicode_IsRefusedByName()
    {
        var request = DescribeRequest.Read("""{"Stream\udc00Name":"events"}"""u8.ToArray(), isCbor: false);
        Assert.Contains("Serialization", Assert.Throws<FrontException>(() => request.Text("StreamName")).Type, StringComparison.Ordinal);
    }

    private static void ReadBodies(bool isCbor, int count)
    {
        byte[][] single = [.. new[]
        {
            """{"StreamName":"events","PartitionKey":"k\u00e9y","Data":"aGVsbG8=","ExplicitHashKey":"340282366920938463463374607431768211455"}""",
            """{"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/events","Data":"","PartitionKey":"k","SequenceNumberForOrdering":"49"}""",
        }.Select(b => Encode(b, isCbor))];
        var many = Encode(
            """{"StreamName":"events","Records":[{"PartitionKey":"a","Data":"aGk="},{"Data":"AAEC","PartitionKey":"b","ExplicitHashKey":"0"}]}""", isCbor);
        var describing = Encode(
            """{"StreamName":"events","Limit":10,"ExclusiveStartShardId":"s","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":1.5}}""", isCbor);
        var taken = 0;
        for (var i = 0; i < count; i++)
        {
            var random = new Random(i);
            try
            {
                if (i % 3 == 2)
                    Describe(Mutation.Of(random, describing), isCbor);
                else
                    Put(Mutation.Of(random, i % 3 == 0 ? single[random.Next(2)] : many), isCbor, isSingle: i % 3 == 0);
                taken++;
            }
            catch (FrontException refused)
            {
                Assert.InRange(refused.StatusCode, 400, 499);
            }
            catch (Exception defect)
            {
                Assert.Fail($"seed {i.ToString(CultureInfo.InvariantCulture)}: {defect}");
            }
        }
        Assert.InRange(taken, count / 100, count - (count / 100));
    }

    private static void Put(byte[] body, bool isCbor, bool isSingle)
    {
        using var call = new PutCall();
        if (isCbor)
            PutCbor.Read(body, isSingle, call);
        else
            PutJson.Read(body, isSingle, call);
        PutRules.Check(call, isSingle);
        var stream = StreamReference.Of(call.StreamName, call.StreamArn);
        foreach (ref readonly var record in PutRules.ToRecords(call, stream, 1 << 20).Span)
            Assert.InRange(record.Data.Length, 0, body.Length);
    }

    private static void Describe(byte[] body, bool isCbor)
    {
        var request = DescribeRequest.Read(body, isCbor);
        if (request.Text("StreamName") is not null || request.Text("StreamARN") is not null)
            Assert.NotEmpty(request.Stream);
        _ = (request.Number("Limit"), request.Text("ExclusiveStartShardId"), request.Object("ShardFilter")?.Text("Type"),
            request.Object("ShardFilter")?.Seconds("Timestamp"));
    }

    private static void Verify(int count)
    {
        var time = new FakeTimeProvider();
        var verifier = new SignatureVerifier(new FakeAccessKeys(), new KinesisFrontOptions(), time);
        var body = "{}"u8.ToArray();
        var now = time.GetUtcNow();
        SignedHeader[] headers = [new("content-type", "application/x-amz-json-1.1"), new("host", "kpl"), new("x-amz-date", RequestSigner.FormatTime(now))];
        var toSign = new RequestToSign { Method = "POST", CanonicalPath = "/", CanonicalQuery = "", BodyHash = SHA256.HashData(body), Headers = headers };
        var good = new RequestSigner("us-east-1", "kinesis").Sign(toSign, new SigningCredentials(FakeAccessKeys.Known, FakeAccessKeys.Secret, null), now);
        var taken = 0;
        for (var i = 0; i < count; i++)
        {
            var random = new Random(i);
            var authorization = Encoding.Latin1.GetString(Mutation.Of(random, Encoding.ASCII.GetBytes(good)));
            var context = new DefaultHttpContext();
            (context.Request.Method, context.Request.Path, context.Request.Host) = ("POST", "/", new HostString("kpl"));
            context.Request.Headers.ContentType = "application/x-amz-json-1.1";
            context.Request.Headers["x-amz-date"] = RequestSigner.FormatTime(now);
            context.Request.Headers.Authorization = authorization;
            try
            {
                Assert.Equal(FakeAccessKeys.Known, verifier.Verify(context.Request, verifier.Read(context.Request), body).Identity?.Name);
                taken++;
            }
            catch (FrontException refused)
            {
                Assert.InRange(refused.StatusCode, 400, 403);
            }
            catch (Exception defect) when (defect is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {i.ToString(CultureInfo.InvariantCulture)}, '{authorization}': {defect}");
            }
        }
        // Those that nothing was changed in, and those that say it in other words.
        Assert.InRange(taken, 1, count / 10);
    }

    private static byte[] Encode(string json, bool isCbor) => isCbor ? CborJson.Write(json) : Encoding.UTF8.GetBytes(json);
}
