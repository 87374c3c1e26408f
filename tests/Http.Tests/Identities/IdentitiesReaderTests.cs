using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="Http.Identities.Files.IdentitiesReader"/> and <see cref="Http.Identities.Files.IdentityEntries"/>.</remarks>
public sealed class IdentitiesReaderTests
{
    private const string Secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12";

    [Fact]
    public void Read_TakesAllThatAFileMaySay()
    {
        using var folder = new IdentityFolder();
        var key = ApiKeyText.Create();
        folder.Write("jwks.json", new TestIssuer().Keys).Write("secret", Secret + "\n")
            .Write("sessions", $"{Convert.ToBase64String(new byte[32])}\n{Convert.ToBase64String([.. Enumerable.Repeat((byte)1, 32)])}\n")
            .Write($$"""
            {
              "issuers": [
                {"issuer": "https://issuer.example", "audience": "kpl", "jwks_file": "jwks.json"},
                {"issuer": "https://cloud.example", "audience": "kpl", "jwks_url": "https://cloud.example/keys", "max_token_lifetime": "2h"}
              ],
              "session_key_file": "sessions",
              "identities": [
                {
                  "id": "orders", "grants": [{"role": "produce", "streams": "orders*"}, {"role": "status", "streams": "arn:aws:kinesis:*:1:stream/*"}],
                  "api_keys": [{"id": "{{ApiKeyText.FindId(key)}}", "sha256": "{{Convert.ToHexString(ApiKeyText.HashOf(key))}}", "created_at": "2026-11-21"}],
                  "access_keys": [{"id": "AKIAORDERS", "secret_file": "secret"}],
                  "subjects": [{"issuer": "https://issuer.example", "subject": "system:serviceaccount:shop:orders"}],
                  "quota": {"requests_in_flight": 5, "body_bytes_in_flight": 4096, "records_per_second": 100, "bytes_per_second": 1000}
                },
                {"id": "gone", "banned": true}
              ]
            }
            """);

        var (set, errors, _) = folder.Read();

        Assert.Empty(errors);
        Assert.Equal(["gone", "orders"], set!.Identities.Keys.Order());
        var orders = set.Identities["orders"];
        Assert.Equal(new IdentityQuota(5, 4_096, 100, 1_000), orders.Quota);
        Assert.Equal(new IdentityQuota(256, 64 << 20), set.Identities["gone"].Quota);
        var rights = CallerRights.Of(orders.Principal);
        Assert.True(rights.May(IdentityRole.Produce, "orders-eu") && rights.May(IdentityRole.Status, "arn:aws:kinesis:eu-west-1:1:stream/x"));
        Assert.False(rights.May(IdentityRole.Status, "orders-eu") || rights.May(IdentityRole.Produce, "arn:aws:kinesis:eu-west-1:1:stream/orders"));
        Assert.True(CallerRights.Of(set.Identities["gone"].Principal).IsBanned);
        Assert.Equal((2, 2, 1, 1, 1), (set.SessionKeys.Count, set.Issuers.Count, set.ApiKeys.Count, set.AccessKeys.Count, set.Subjects.Count));
        Assert.Equal(3, set.Issuers["https://issuer.example"].Keys.Keys.Count);
        Assert.Equal(TimeSpan.FromHours(24), set.Issuers["https://issuer.example"].MaxLifetime);
        Assert.Equal(TimeSpan.FromHours(2), set.Issuers["https://cloud.example"].MaxLifetime);
    }

    [Fact]
    public void Read_OfAFileWithManyErrors_TellsEveryOneAtOnce_AndNoValue()
    {
        using var folder = new IdentityFolder();
        folder.Write("short", "hush").Write("""
            {
              "identitys": [],
              "issuers": [{"issuer": "i", "jwks_url": "http://i/keys"}, {"issuer": "j", "audience": "a", "jwks_file": "missing.json", "max_token_lifetime": "2y"}],
              "session_key_file": "short",
              "identities": [
                {"grants": [{"role": "consume", "streams": "a b"}, {"role": "produce"}], "apikeys": "hush-hush"},
                {"id": "a b", "quota": {"requests_in_flight": 0, "bytes_per_second": "1"}, "banned": "no"},
                {"id": "c", "api_keys": [{"id": "X", "sha256": "12"}, {"id": "k"}, {"id": "l", "sha256": "zz"}]},
                {"id": "c", "access_keys": [{"id": "KPLSABC", "secret_file": "short"}], "subjects": [{"issuer": "x", "subject": "s"}]},
                7
              ]
            }
            """);

        var (set, errors, _) = folder.Read();

        Assert.Null(set);
        string[] expected =
        [
            "identitys is not known; known are issuers, identities, session_key_file", "issuers[0].audience is missing", "issuers[0].jwks_url is no https address",
            "issuers[1].jwks_file '", "issuers[1].max_token_lifetime is no duration from 1m to 365d", "session_key_file holds no keys", "identities[0].id is missing", "identities[0].grants[0].role is none of produce, status, administer",
            "identities[0].grants[0].streams is not a stream's name", "identities[0].grants[1].streams is missing", "identities[0].apikeys is not known",
            "identities[1].id is not made of", "identities[1].quota.requests_in_flight is not a whole number from 1 to 100000",
            "identities[1].quota.bytes_per_second is not a whole number", "identities[1].banned is neither true nor false",
            "identities[2].api_keys has 3 keys, at most 2", "identities[2].api_keys[0].id is not made of", "identities[2].api_keys[0].sha256 is not the SHA-256",
            "identities[2].api_keys[1].sha256 is missing", "identities[2].api_keys[2].sha256 is not the SHA-256", "identities[3].id is there already",
            "identities[3].access_keys[0].id begins with KPLS", "identities[3].access_keys[0].secret_file holds no secret",
            "identities[3].subjects[0].issuer is none of the issuers", "identities[4] is no object", "identities[4].id",
        ];
        foreach (var error in expected.SkipLast(1))
            Assert.Contains(errors, e => e.Contains(error, StringComparison.Ordinal));
        Assert.Equal(expected.Length - 1, errors.Count);
        Assert.DoesNotContain(errors, static e => e.Contains("hush", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "it is not JSON")]
    [InlineData("{", "it is not JSON")]
    [InlineData("a: 1", "it is not JSON at line 1, byte 1: a value is expected")]
    [InlineData("[]", "the file is no object")]
    [InlineData("\uFEFF[]", "the file is no object")]
    [InlineData("""{"identities":{}}""", "identities is no list")]
    [InlineData("""{"identities":[{"id":"\ud800"}]}""", "no Unicode")]
    [InlineData("""{"\ud800":1}""", "no Unicode")]
    [InlineData("""{"identities":[],"identities":[]}""", "it is not JSON")]
    public void Read_OfAnotherFile_SaysWhatItIsNot(string text, string error)
    {
        using var folder = new IdentityFolder().Write(text);
        Assert.Contains(error, Assert.Single(folder.Read().Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhereNoFileIs_SaysSo()
    {
        using var folder = new IdentityFolder();
        Assert.Contains("cannot be read", Assert.Single(folder.Read().Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfASecretThatOthersMayRead_WarnsOfIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no modes here");
        using var folder = new IdentityFolder().Write("secret", Secret)
            .Write("""{"identities":[{"id":"a","access_keys":[{"id":"AKIA1","secret_file":"secret"}]}]}""");
        Assert.Empty(folder.Read().Sources.OpenSecrets);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.PathOf("secret"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal([folder.PathOf("secret")], folder.Read().Sources.OpenSecrets);
    }

    [Theory]
    [InlineData("orders", "orders", true)]
    [InlineData("orders", "Orders", false)]
    [InlineData("orders", "orders2", false)]
    [InlineData("orders*", "orders2", true)]
    [InlineData("*-eu", "orders-eu", true)]
    [InlineData("*", "anything", true)]
    [InlineData("*", "arn:aws:kinesis:eu-west-1:1:stream/anything", false)]
    [InlineData("*", "ARN:aws:kinesis:eu-west-1:1:stream/anything", false)]
    [InlineData("arn:*", "arn:aws:kinesis:eu-west-1:1:stream/anything", true)]
    [InlineData("arn:*", "arn", false)]
    public void Pattern_MatchesNamesOrArns_NeverBoth(string pattern, string stream, bool isMatch)
    {
        Assert.True(StreamPattern.IsFit(pattern));
        Assert.Equal(isMatch, new StreamPattern(pattern).Matches(stream));
    }
}
