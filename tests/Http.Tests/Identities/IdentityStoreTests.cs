using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Bytes;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Files;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="IdentityStore"/> and <see cref="SourceFiles"/>.</remarks>
public sealed class IdentityStoreTests
{
    private static readonly string Key = ApiKeyText.Create();

    [Fact]
    public async Task Change_OfTheFile_IsInForceWithinTwoSeconds()
    {
        using var folder = new IdentityFolder().Write(IdentityFolder.Identity("a", Key, "produce:*"));
        var time = new FakeTimeProvider();
        await using var store = Open(folder, time, out _);
        folder.Write(IdentityFolder.Identity("b", ApiKeyText.Create(), "produce:*"));
        time.Advance(FileWatch.Interval);
        await Waiting.UntilAsync(() => store.Current.Identities.Keys.SequenceEqual(["b"]));
        Assert.True(FileWatch.Interval <= TimeSpan.FromSeconds(2));
    }

    /// <summary>The stop of a tier waited for the look that was under way, for as long as the disk did not answer.</summary>
    [PosixFact]
    public async Task Dispose_WhileTheFileCannotBeRead_Ends()
    {
        using var folder = new IdentityFolder().Write(IdentityFolder.Identity("a", Key, "produce:*"));
        var time = new FakeTimeProvider();
        var store = Open(folder, time, out _);
        // Whoever reads a named pipe waits for its writer.
        File.Delete(folder.File);
        using (var make = System.Diagnostics.Process.Start("mkfifo", [folder.File]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        var looking = Task.Run(() => time.Advance(FileWatch.Interval));
        await using (await Task.Run(() => new FileStream(folder.File, FileMode.Open, FileAccess.Write)))
        {
            var disposing = store.DisposeAsync().AsTask();
            await time.PassUntilAsync(() => disposing.IsCompleted, TimeSpan.FromMilliseconds(100));
            await disposing;
            // What the look opens next answers again.
            File.Delete(folder.File);
            folder.Write("{}");
        }

        await looking;
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"identities":[{"id":"a"},{"id":"a"}]}""")]
    public async Task Change_ThatHasAnError_LeavesTheLastInForce_AndIsToldOnce(string bad)
    {
        using var folder = new IdentityFolder().Write(IdentityFolder.Identity("a", Key, "produce:*"));
        await using var store = Open(folder, new FakeTimeProvider(), out var log);
        var before = store.Current;

        folder.Write(bad);
        store.Refresh();
        store.Refresh();
        Assert.Same(before, store.Current);
        Assert.Single(log.All, static l => l.StartsWith("Error", StringComparison.Ordinal) && l.Contains("former ones stay", StringComparison.Ordinal));

        File.Delete(folder.File);
        store.Refresh();
        Assert.Same(before, store.Current);

        folder.Write(IdentityFolder.Identity("c", Key, "produce:*"));
        store.Refresh();
        Assert.Equal(["c"], store.Current.Identities.Keys);
    }

    [Fact]
    public async Task Change_OfAFileThatIsNamed_IsNoticedToo()
    {
        using var folder = new IdentityFolder().Write("secret", "0123456789abcdefghij")
            .Write("""{"identities":[{"id":"a","access_keys":[{"id":"AKIA1","secret_file":"secret"}]}]}""");
        await using var store = Open(folder, new FakeTimeProvider(), out _);
        folder.Write("secret", "another secret of it");
        store.Refresh();
        Assert.Equal("another secret of it"u8.ToArray(), store.Current.AccessKeys["AKIA1"].Secret);
    }

    /// <summary>Two entries may name one file. What the second one read counted for both, and the first kept the former secret.</summary>
    [Fact]
    public void File_ThatIsReplacedBetweenTwoOfItsReads_HasChanged()
    {
        using var folder = new IdentityFolder().Write("secret", "0123456789abcdefghij");
        var sources = new SourceFiles(Path.GetDirectoryName(folder.File)!);
        sources.Read("secret", isSecret: true, out _);
        Assert.False(sources.HasChanged());
        folder.Write("secret", "another secret of it");
        sources.Read("secret", isSecret: true, out _);
        Assert.True(sources.HasChanged());
    }

    [Fact]
    public void Open_OfAFileWithErrors_Fails()
    {
        using var folder = new IdentityFolder().Write("{}{");
        Assert.Throws<KplOptionsException>(() => Open(folder, new FakeTimeProvider(), out _));
    }

    private static IdentityStore Open(IdentityFolder folder, TimeProvider time, out CapturedLog log)
    {
        log = new CapturedLog();
        return IdentityStore.Open(folder.File, time, new LoggerFactory([log]).CreateLogger<IdentityStore>());
    }
}
