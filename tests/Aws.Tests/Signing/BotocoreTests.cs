using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Tests.Signing;

/// <summary>Another signer as the judge: botocore's, where Python has it.</summary>
public sealed class BotocoreTests
{
    private const string Script = """
        import datetime, json, sys
        import botocore.auth, botocore.awsrequest, botocore.credentials
        for case in json.load(sys.stdin):
            when = datetime.datetime.strptime(case["date"], "%Y%m%dT%H%M%SZ")
            class Clock(datetime.datetime):
                @classmethod
                def utcnow(cls): return when
                @classmethod
                def now(cls, tz=None): return when
            botocore.auth.datetime = type("datetime", (), {"datetime": Clock})
            if hasattr(botocore.auth, "get_current_datetime"):
                botocore.auth.get_current_datetime = lambda *a, **k: when
            keys = botocore.credentials.Credentials(case["id"], case["secret"], case["token"])
            request = botocore.awsrequest.AWSRequest("POST", case["url"], data=case["body"].encode(), headers=case["headers"])
            botocore.auth.SigV4Auth(keys, "kinesis", case["region"]).add_auth(request)
            print(request.headers["Authorization"])
        """;

    [Fact]
    public async Task Sign_WhenBotocoreSignsTheSame_AgreesWithIt()
    {
        var random = new Random(4711);
        var cases = Enumerable.Range(0, 60).Select(_ => MakeCase(random)).ToList();

        var theirs = await AskAsync(new JsonArray([.. cases.Select(c => c.Json)]).ToJsonString());

        Assert.Equal(cases.Select(c => c.Ours), theirs);
    }

    private static (JsonNode Json, string Ours) MakeCase(Random random)
    {
        var time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(random.Next(0, 3 * 365 * 86400));
        var date = RequestSigner.FormatTime(time);
        var region = random.GetItems(new[] { "us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1" }, 1)[0];
        var host = random.Next(2) == 0 ? $"kinesis.{region}.amazonaws.com" : $"127.0.0.1:{random.Next(1024, 65535)}";
        var keys = new SigningCredentials("AKIA" + Text(random, 16), Text(random, 40) + "/+", random.Next(2) == 0 ? Text(random, random.Next(20, 1500)) + "==" : null);
        var body = $$"""{"Records":[{"Data":"{{Text(random, random.Next(0, 5000))}}"}],"StreamName":"é{{Text(random, 9)}}"}""";
        var target = "Kinesis_20131202." + Text(random, 9);

        List<SignedHeader> headers =
        [
            new("content-type", "application/x-amz-json-1.1"), new("host", host), new("x-amz-date", date), new("x-amz-target", target),
        ];
        if (keys.SessionToken is { } token)
            headers.Insert(3, new SignedHeader("x-amz-security-token", token));
        var url = $"{(host.StartsWith("127", StringComparison.Ordinal) ? "http" : "https")}://{host}"
            + random.GetItems(new[] { "/", "/a:b/me@home/", "/x+y=z,(1);!*'$&", "/a%20b/%2F" }, 1)[0];
        var request = new RequestToSign
        {
            Method = "POST",
            CanonicalPath = new KinesisEndpoint(new Uri(url)).CanonicalPath,
            Headers = headers.ToArray(),
            BodyHash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body)),
        };

        return (
            new JsonObject
            {
                ["date"] = date, ["id"] = keys.AccessKeyId, ["secret"] = keys.SecretAccessKey, ["token"] = keys.SessionToken, ["region"] = region,
                ["url"] = url, ["body"] = body,
                ["headers"] = new JsonObject { ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = target },
            },
            new RequestSigner(region, "kinesis").Sign(request, keys, time));
    }

    private static string Text(Random random, int length) => random.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);

    private static async Task<string[]> AskAsync(string cases)
    {
        using var python = Start();
        if (python is null)
        {
            Assert.Skip("There is no python3 here.");
            return [];
        }

        var output = python.StandardOutput.ReadToEndAsync();
        var errors = python.StandardError.ReadToEndAsync();
        try
        {
            await python.StandardInput.WriteAsync(cases);
            python.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read: what it said is looked at below.
        }

        await python.WaitForExitAsync();
        Assert.SkipWhen((await errors).Contains("No module named 'botocore'", StringComparison.Ordinal), "Python has no botocore here.");
        Assert.True(python.ExitCode == 0, await errors);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static Process? Start()
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", ["-c", Script])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
