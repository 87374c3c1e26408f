using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Keys;

/// <remarks>Tests <see cref="Cli.Keys.KeyVerb"/>, <see cref="Cli.Keys.IdentitiesDocument"/> and <see cref="Cli.Commands.KeyCommands"/>.</remarks>
public sealed class KeyVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "identities.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task New_MakesTheFile_AndShowsTheSecretThisOnce()
    {
        var run = await CliRun.RunAsync("key", "new", "orders", "--file", File, "--grant", "produce:orders*", "--grant", "status:*");

        var key = Assert.Single(run.Lines);
        Assert.Equal((0, true), (run.ExitCode, key.StartsWith("kpl_", StringComparison.Ordinal)));
        Assert.Contains("shown this once", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(key, run.Error, StringComparison.Ordinal);
        var text = System.IO.File.ReadAllText(File);
        Assert.DoesNotContain(key[(key.LastIndexOf('_') + 1)..], text, StringComparison.Ordinal);
        var identity = JsonNode.Parse(text)!["identities"]!.AsArray().Single()!;
        Assert.Equal("""[{"role":"produce","streams":"orders*"},{"role":"status","streams":"*"}]""", identity["grants"]!.ToJsonString());
        Assert.Equal(Convert.ToHexStringLower(ApiKeyText.HashOf(key)), identity["api_keys"]![0]!["sha256"]!.GetValue<string>());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    /// <summary>Its secret was lost, and nothing told which of the keys in the file it was: where nobody read the output, it was a success.</summary>
    [Theory, InlineData(true, "No space left on device; "), InlineData(false, "nobody reads standard output; ")]
    public async Task New_WhereTheKeyCannotBeShown_TellsWhichToTakeAway(bool isFull, string why)
    {
        string[] words = ["key", "new", "orders", "--file", File, "--grant", "produce:orders", "--json"];
        var run = await CliRun.RunAsync(Stream.Null, words, output: isFull ? new FullOutput() : new ClosedPipe(0));
        var id = (string?)JsonNode.Parse(System.IO.File.ReadAllText(File))!["identities"]![0]!["api_keys"]![0]!["id"];
        run.AssertError(1, $"{why}key {id} is in the file", $"'kpl key revoke {id} --file {File}' takes it away");
    }

    /// <summary>A member that stood twice ended in a stack trace, and so did half a surrogate pair.</summary>
    [Theory]
    [InlineData("list")]
    [InlineData("new", "orders", "--grant", "produce:orders")]
    [InlineData("revoke", "k")]
    public async Task AnyVerb_OfAFileWithAMemberTwice_OrNoUnicode_SaysSo(params string[] verb)
    {
        foreach (var (id, error) in new[]
        {
            (""" "a","id":"b" """, "not JSON: member 'id' stands twice in its object"), (""" "\ud800" """, "a text that is no Unicode"),
        })
        {
            var text = $$"""{"identities":[{"id":{{id}}}]}""";
            System.IO.File.WriteAllText(File, text);
            (await CliRun.RunAsync(["key", .. verb, "--file", File])).AssertError(2, error);
            Assert.Equal(text, System.IO.File.ReadAllText(File));
        }
    }

    /// <summary>Some editors put a byte order mark before a text: such a file was no JSON.</summary>
    [Fact]
    public async Task New_InAFileWithAByteOrderMark_AddsTheKey()
    {
        System.IO.File.WriteAllText(File, """{"identities":[]}""", System.Text.Encoding.UTF8);
        Assert.Equal(0, (await CliRun.RunAsync("key", "new", "orders", "--grant", "produce:orders", "--file", File)).ExitCode);
        Assert.Single(Cli.Keys.IdentitiesDocument.Read(File).Keys);
    }

    /// <summary>A key was written into an application's settings, which no tier then took.</summary>
    [Fact]
    public async Task New_InAFileOfAnythingElse_ChangesNothing()
    {
        const string text = """{"Kpl":{"RecordTtl":"30s"}}""";
        System.IO.File.WriteAllText(File, text);
        var run = await CliRun.RunAsync("key", "new", "y", "--file", File, "--grant", "produce:events");
        run.AssertError(2, "is no file of identities: it has none of issuers, identities, session_key_file");
        Assert.Equal(text, System.IO.File.ReadAllText(File));
    }

    /// <summary>The threat model advises an end for each key, which only an editor could give.</summary>
    [Fact]
    public async Task New_WithAnEnd_WritesAndListsIt()
    {
        string[] arguments = ["key", "new", "orders", "--file", File, "--grant", "produce:orders", "--expires"];
        Assert.Equal(0, (await CliRun.RunAsync([.. arguments, "2097-01-31"])).ExitCode);
        Assert.Equal("2097-01-31T00:00:00Z", (string?)JsonNode.Parse(System.IO.File.ReadAllText(File))!["identities"]![0]!["api_keys"]![0]!["expires_at"]);
        Assert.Contains("2097-01-31T00:00:00Z", (await CliRun.RunAsync("key", "list", "--file", File)).Text, StringComparison.Ordinal);
        foreach (var wrong in (string[])["soon", "2021-01-31T00:00:00Z"])
        {
            (await CliRun.RunAsync([.. arguments, wrong])).AssertError(2, $"--expires: '{wrong}' is no time to come");
        }
    }

    [Fact]
    public async Task New_WhereThereIsNoFolder_SaysSo_AndNamesNoOtherFile()
    {
        var file = Path.Combine(_folder.Path, "nope", "identities.json");
        var run = await CliRun.RunAsync("key", "new", "orders", "--file", file, "--grant", "produce:orders");
        Assert.Equal((3, $"kpl: '{file}' cannot be written: there is no such folder"), (run.ExitCode, run.Error.Trim()));
    }

    /// <summary>Each wrote the file that it had read, and a key that was just revoked held again.</summary>
    [Fact]
    public void Save_OfAFileThatAnotherChangedMeanwhile_IsRefused()
    {
        System.IO.File.WriteAllText(File, """{"identities":[{"id":"a","api_keys":[{"id":"k"}]}]}""");
        var (first, second) = (Cli.Keys.IdentitiesDocument.Read(File), Cli.Keys.IdentitiesDocument.Read(File));
        Assert.Equal("a", first.Remove("k"));
        first.Save();
        second.Add("a", ApiKeyText.Create(), [], DateTimeOffset.UnixEpoch, until: null);
        Assert.Contains("changed it meanwhile", Assert.Throws<Cli.Commands.CliException>(second.Save).Message, StringComparison.Ordinal);
        Assert.Empty(Cli.Keys.IdentitiesDocument.Read(File).Keys);
        Assert.Single(Directory.EnumerateFiles(_folder.Path));
    }

    /// <summary>The new file was written to a name that anybody could have made before: with a mode of theirs, or as a link elsewhere.</summary>
    [Fact]
    public async Task New_WritesToNoFileThatSomebodyElseMade()
    {
        var foreign = File + ".next";
        System.IO.File.WriteAllText(foreign, "theirs");
        Assert.Equal(0, (await CliRun.RunAsync("key", "new", "orders", "--file", File, "--grant", "produce:orders")).ExitCode);
        Assert.Equal("theirs", System.IO.File.ReadAllText(foreign));
        Assert.Equal([File, foreign], Directory.EnumerateFiles(Path.GetDirectoryName(File)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task New_ForAnIdentityThatIsThere_KeepsAllElse_AndStopsAtTwo()
    {
        System.IO.File.WriteAllText(File, """{"issuers":[{"issuer":"i","extra":1}],"identities":[{"id":"a","quota":{"requests_in_flight":5}},{"id":"b","banned":true}]}""");
        var first = await CliRun.RunAsync("key", "new", "a", "--file", File, "--json");
        var second = await CliRun.RunAsync("key", "new", "a", "--file", File, "--json");
        var third = await CliRun.RunAsync("key", "new", "a", "--file", File);

        Assert.Equal((0, 0, 2), (first.ExitCode, second.ExitCode, third.ExitCode));
        Assert.Contains("has 2 keys already", third.Error, StringComparison.Ordinal);
        var file = JsonNode.Parse(System.IO.File.ReadAllText(File))!;
        Assert.Equal("""[{"issuer":"i","extra":1}]""", file["issuers"]!.ToJsonString());
        Assert.Equal("""{"requests_in_flight":5}""", file["identities"]![0]!["quota"]!.ToJsonString());
        Assert.True(file["identities"]![1]!["banned"]!.GetValue<bool>());
        Assert.Equal(ApiKeyText.FindId(first.LastJson.GetProperty("key").GetString()!), first.LastJson.GetProperty("id").GetString());
    }

    /// <summary>A tier refused the whole file, so that no later change of it counted either.</summary>
    [Fact]
    public async Task New_RefusesWhatTiersRefuse_AllAtOnce_AndWritesNothing()
    {
        var run = await CliRun.RunAsync(
            "key", "new", "Team Orders", "--file", File, "--grant", "produce:events,clicks", "--grant", "consume:*", "--grant", "status:ev/ents");
        Assert.Equal((2, "", false), (run.ExitCode, run.Text, System.IO.File.Exists(File)));
        string[] expected =
        [
            "IDENTITY: 'Team Orders' is not made of letters, digits, '-', '_', '.' and '@', at most 64",
            "--grant: 'events,clicks' is not a stream's name, or an ARN, in which * stands for any characters; --grant may be given more than once",
            "--grant: 'consume:*' is no role and streams", "--grant: 'ev/ents' is not a stream's name",
        ];
        Assert.All(expected, e => Assert.Contains(e, run.Error, StringComparison.Ordinal));
        Assert.Equal(2, (await CliRun.RunAsync("key", "new", "", "--file", File, "--grant", "produce:events")).ExitCode);
    }

    /// <summary>A key was told as revoked, and went on to hold: the tiers did not take the file.</summary>
    [Fact]
    public async Task AFileThatTiersRefuse_GetsNoKey_AndListAndRevokeSayThatItIsRefused()
    {
        var key = ApiKeyText.FindId((await CliRun.RunAsync("key", "new", "orders", "--file", File, "--grant", "produce:events")).Lines[0])!;
        var broken = JsonNode.Parse(System.IO.File.ReadAllText(File))!;
        broken["identities"]!.AsArray().Add(JsonNode.Parse("""{"id":"team a","grants":[{"role":"produce","streams":"a,b"}]}"""));
        System.IO.File.WriteAllText(File, broken.ToJsonString());
        string[] errors = ["identities[1].id is not made of letters", "identities[1].grants[0].streams is not a stream's name"];

        var added = await CliRun.RunAsync("key", "new", "orders", "--file", File);
        Assert.Equal((2, broken.ToJsonString()), (added.ExitCode, System.IO.File.ReadAllText(File)));
        var list = await CliRun.RunAsync("key", "list", "--file", File);
        Assert.Equal((1, true), (list.ExitCode, list.Text.Contains(key, StringComparison.Ordinal)));
        var revoked = await CliRun.RunAsync("key", "revoke", key, "--file", File);
        Assert.Equal((1, false), (revoked.ExitCode, System.IO.File.ReadAllText(File).Contains(key, StringComparison.Ordinal)));
        Assert.Contains("those that run keep the former one", revoked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("is revoked", revoked.Error, StringComparison.Ordinal);
        Assert.All((CliRun[])[added, list, revoked], run => Assert.All(errors, e => Assert.Contains(e, run.Error, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task List_ShowsNoSecrets_AndRevoke_TakesOneAway()
    {
        await CliRun.RunAsync("key", "new", "a", "--file", File, "--grant", "produce:*");
        await CliRun.RunAsync("key", "new", "a", "--file", File);
        var keys = (await CliRun.RunAsync("key", "list", "--file", File, "--json")).LastJson.GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(["a", "a"], keys.Select(static k => k.GetProperty("identity").GetString()));

        var revoked = await CliRun.RunAsync("key", "revoke", keys[0].GetProperty("id").GetString()!, "--file", File);
        var again = await CliRun.RunAsync("key", "revoke", keys[0].GetProperty("id").GetString()!, "--file", File);
        var list = await CliRun.RunAsync("key", "list", "--file", File);

        Assert.Equal((0, 3), (revoked.ExitCode, again.ExitCode));
        Assert.Equal(2, list.Lines.Length);
        Assert.Contains(keys[1].GetProperty("id").GetString()!, list.Text, StringComparison.Ordinal);
    }

    /// <summary>The file became root's, or a file of its own beside a link: the tier could not read it, and the key that was revoked went on to hold.</summary>
    [Testing.PosixFact]
    public async Task Revoke_KeepsTheOwner_AndWritesWhereALinkLeads()
    {
        const string owner = "65534:65533";
        var link = Path.Combine(_folder.Path, "link");
        var key = ApiKeyText.FindId((await CliRun.RunAsync("key", "new", "a", "--file", File, "--grant", "produce:*")).Lines[0])!;
        System.IO.File.CreateSymbolicLink(link, File);
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess)
            await AskAsync("chown", owner, File);
        var before = OperatingSystem.IsLinux() ? await AskAsync("stat", "-c", "%u:%g %a", File) : "";

        Assert.Equal(0, (await CliRun.RunAsync("key", "revoke", key, "--file", link)).ExitCode);

        Assert.DoesNotContain(key, await System.IO.File.ReadAllTextAsync(File), StringComparison.Ordinal);
        Assert.Equal(File, System.IO.File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName);
        if (OperatingSystem.IsLinux())
            Assert.Equal(before, await AskAsync("stat", "-c", "%u:%g %a", File));

        static async Task<string> AskAsync(string program, params string[] arguments) => (await ProgramRun.OfAsync(program, arguments)).Output;
    }

    [Theory]
    [InlineData("key", 2, "new, list, revoke")]
    [InlineData("key new a", 2, "--file")]
    [InlineData("key new a --file F", 2, "--grant")]
    [InlineData("key new a --file F --grant everything", 2, "no role and streams")]
    [InlineData("key list --file F", 3, "cannot be read")]
    [InlineData("key revoke kpl_abc_secret --file F", 2, "not the whole key")]
    public async Task BadArguments_AreToldWithoutAnySecret(string line, int exitCode, string reason)
    {
        var run = await CliRun.RunAsync([.. line.Split(' ').Select(w => w == "F" ? File : w)]);
        run.AssertRefused(exitCode, reason);
        Assert.DoesNotContain("secret", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"identities":7}""")]
    public async Task AnotherFile_IsLeftAlone(string text)
    {
        System.IO.File.WriteAllText(File, text);
        Assert.Equal(2, (await CliRun.RunAsync("key", "new", "a", "--file", File, "--grant", "produce:*")).ExitCode);
        Assert.Equal(text, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void Key_IsFoundByItsId_AndHasItsSize()
    {
        var key = ApiKeyText.Create();
        Assert.Matches("^kpl_[a-z2-9]{12}_[a-z2-9]{32}$", key);
        Assert.Equal(key.Split('_')[1], ApiKeyText.FindId(key));
        string[] others = ["", "kpl_", "kpl__x", "kpl_a_", "kpl_A_x", "kpl_a", "xkpl_a_x", "kpl_" + new string('a', 65) + "_x"];
        Assert.All(others, static k => Assert.Null(ApiKeyText.FindId(k)));
    }

    /// <summary>What the command writes, a tier takes; what the tier refuses, the command says.</summary>
    [Fact]
    public async Task Key_LetsItsOwnerPut_UntilItIsRevoked()
    {
        var key = (await CliRun.RunAsync("key", "new", "orders", "--file", File, "--grant", "produce:events", "--grant", "status:*")).Lines[0];
        await using var program = await LocalProcess.StartReadyAsync("--Kpl:RequestTimeout=10m", $"--Kpl:Http:Identities={File}");
        var tier = program.Http.BaseAddress!.OriginalString;

        Assert.Equal(0, (await PutAsync("KPL_API_KEY", key)).ExitCode);
        Assert.Equal(0, (await RunAsync(["status", "--tier", tier], "KPL_API_KEY", key)).ExitCode);
        (await PutAsync("KPL_API_KEY", ApiKeyText.Create())).AssertError(2, "does not know who asks");
        Assert.Equal(2, (await RunAsync(["status", "--tier", tier], "KPL_API_KEY", ApiKeyText.Create())).ExitCode);
        Assert.Equal(3, (await RunAsync(["put", "--tier", tier, "--stream", "clicks"], "KPL_API_KEY", key)).ExitCode);
        Assert.Equal(3, (await RunAsync(["policy", "off", "--tier", tier], "KPL_API_KEY", key)).ExitCode);

        await CliRun.RunAsync("key", "revoke", ApiKeyText.FindId(key)!, "--file", File);
        await Orleans.Kpl.Testing.Waiting.UntilAsync(async () => (await PutAsync("KPL_API_KEY", key)).ExitCode == 2);

        Task<CliRun> PutAsync(string name, string value) => RunAsync(["put", "--tier", tier], name, value);

        Task<CliRun> RunAsync(string[] arguments, string name, string value) =>
            CliRun.RunAsync(new MemoryStream("one"u8.ToArray()), arguments, new() { [name] = value });
    }
}
