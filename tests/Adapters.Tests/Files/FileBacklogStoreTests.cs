using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;
using Orleans.Kpl.Producer.Tests.Backlog;

namespace Orleans.Kpl.Adapters.Tests.Files;

/// <remarks>Tests <see cref="FileSegmentLog"/>.</remarks>
public sealed class FileBacklogStoreTests : BacklogStoreSuite
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Directory => Path.Combine(_folder.Path, "new", "backlog");

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>The longest names of streams have folders with other names.</summary>
    [Theory]
    [InlineData("events")]
    [InlineData("EVENTS-WITH-A-NAME-THAT-IS-LONGER-THAN-A-FOLDER-MAY-BE-EVENTS-WITH-A-NAME-THAT-IS-LONGER-THAN-A-FOLDER-MAY-BE-EVENTS-WITH-A-NAME")]
    public async Task Row_OfAStream_IsReadBack_AndIsNoRecordOfIt(string stream)
    {
        await using (var store = FileBacklogStore.Open(Directory, BacklogSync.Always))
        {
            Assert.Null(await store.ReadAsync("load", stream, Cancelled));
            var first = await store.WriteAsync("load", stream, 0, "one", Cancelled);
            Assert.Equal(2, (await store.WriteAsync("load", stream, first!.Version, "two", Cancelled))!.Version);
        }

        await using var again = FileBacklogStore.Open(Directory, BacklogSync.Always);
        Assert.Equal("two", (await again.ReadAsync("load", stream, Cancelled))!.Text);
        Assert.Empty(await again.ListStreamsAsync(Cancelled));
    }

    [Fact]
    public async Task Row_ThatCannotBeRead_IsAFailureThatNamesTheFolder()
    {
        await using var store = FileBacklogStore.Open(Directory, BacklogSync.Always);
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "events", "load"));
        var failure = await Assert.ThrowsAsync<StateStoreException>(() => store.ReadAsync("load", "events", Cancelled));
        Assert.Contains(Directory, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A producer for each stream is what a first program has; it was told of another process.</summary>
    [Fact]
    public async Task Open_WhenAnotherProducerOfThisProcessHasTheFolder_SaysSoAndWhatToDo()
    {
        await using (FileBacklogStore.Open(Directory, BacklogSync.Always))
        {
            var refused = Assert.Throws<BacklogStoreException>(() => FileBacklogStore.Open(Directory, BacklogSync.Always));
            Assert.Equal(
                $"the backlog in {Directory} is in use by another producer of this process: one producer takes records for all streams, "
                + "and a second one needs a folder of its own (Kpl:Backlog:Directory). One that has ended keeps its own while the disk does not answer",
                refused.Message);
        }

        using (new FileStream(Path.Combine(Directory, "lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            var refused = Assert.Throws<BacklogStoreException>(() => FileBacklogStore.Open(Directory, BacklogSync.Always));
            Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
        }

        await using var again = FileBacklogStore.Open(Directory, BacklogSync.Never);
    }

    [Fact]
    public async Task Open_WhenOfALaterVersion_SaysSoAndLeavesAll()
    {
        await using (FileBacklogStore.Open(Directory, BacklogSync.Always))
        {
        }

        await File.WriteAllTextAsync(Path.Combine(Directory, "format"), "Orleans.Kpl backlog 2\n", Cancelled);
        for (var i = 0; i < 2; i++)
            Assert.Contains("backlog 2", Assert.Throws<BacklogStoreException>(() => FileBacklogStore.Open(Directory, BacklogSync.Always)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenAFileIsInTheWay_NamesIt()
    {
        var file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "");

        Assert.Contains(file, Assert.Throws<BacklogStoreException>(() => FileBacklogStore.Open(file, BacklogSync.Always)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_WhereSegmentsWereSetAside_CountsThem()
    {
        await using (var store = FileBacklogStore.Open(Directory, BacklogSync.Never))
        {
            await using var log = await store.OpenAsync("events", SegmentLogKind.Records, Cancelled);
            await log.AppendAsync(log.NextNumber, Noise(100), Cancelled);
            await log.AppendAsync(log.NextNumber + 1, Noise(200), Cancelled);
            Assert.Equal(0, log.SetAside);
            await log.SetAsideAsync(log.NextNumber, Cancelled);
        }

        await using var next = FileBacklogStore.Open(Directory, BacklogSync.Never);
        await using var found = await next.OpenAsync("events", SegmentLogKind.Records, Cancelled);

        Assert.Equal(1, found.SetAside);
        Assert.Equal(new SegmentEntry(2, 200), Assert.Single(found.Found));
    }

    /// <summary>A folder was made in its place, which no lock guarded. What was persisted there was hidden once the volume was mounted again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenAsync_WhereTheBacklogWasMovedOrUnmounted_WritesNothingInItsPlace(bool isMountPoint)
    {
        if (OperatingSystem.IsWindows())
            return; // a folder with an open file stays where it is
        await using var store = FileBacklogStore.Open(Directory, BacklogSync.Always);
        System.IO.Directory.Move(Directory, Directory + "-moved");
        if (isMountPoint)
            System.IO.Directory.CreateDirectory(Directory);

        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => store.OpenAsync("events", SegmentLogKind.Records, Cancelled));
        Assert.Contains(Directory, refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateStoreException>(() => store.WriteAsync("load", "events", 0, "one", Cancelled));
        Assert.False(System.IO.Directory.Exists(Path.Combine(Directory, "events")));
    }

    [Fact]
    public async Task OpenAsync_WhenFilesWereLeftUnfinished_DeletesThem()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await store.DisposeAsync();
        var folder = Path.Combine(Directory, "events", "records");
        var left = Path.Combine(folder, "0000000000000000002.segment.unfinished");
        await File.WriteAllBytesAsync(left, Noise(3), Cancelled);
        await File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "mine", Cancelled);

        await using var next = await StartAsync();
        Assert.Single((await OpenAsync(next)).Found);
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(Path.Combine(folder, "notes.txt")));
    }

    [Fact]
    public async Task OpenAsync_WhenTheProgressIsDamaged_HasNone()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await log.SaveProgressAsync(Noise(100), Cancelled);
        await store.DisposeAsync();
        var file = Path.Combine(Directory, "events", "records", "progress");
        var bytes = await File.ReadAllBytesAsync(file, Cancelled);
        for (var place = 0; place < bytes.Length; place += 7)
        {
            var changed = (byte[])[.. bytes];
            changed[place] ^= 4;
            await File.WriteAllBytesAsync(file, changed, Cancelled);
            await using var next = await StartAsync();
            var found = await OpenAsync(next);
            Assert.True(found.Progress.IsEmpty);
            Assert.Equal(log.NextNumber + 1, found.NextNumber);
        }
    }

    [Fact]
    public async Task ListStreamsAsync_WhenOtherFoldersLieThere_LeavesThemOut()
    {
        await using var store = await StartAsync();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(1), Cancelled);
        await store.OpenAsync("opened", SegmentLogKind.Records, Cancelled);
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "Photos"));

        Assert.Equal(["events"], await store.ListStreamsAsync(Cancelled));
    }

    /// <summary>Live traffic writes and removes segments while a process that has just begun looks: the store was said not to be usable.</summary>
    [Fact]
    public async Task ListStreamsAsync_WhileFilesComeAndGo_ListsTheStreams()
    {
        var disk = new TroubledDisk();
        await using var store = FileBacklogStore.Open(disk, Directory, BacklogSync.Always);
        var log = await store.OpenAsync("events", SegmentLogKind.Records, Cancelled);
        await log.AppendAsync(log.NextNumber, Noise(1), Cancelled);

        disk.Vanish = true;
        Assert.Equal(["events"], await store.ListStreamsAsync(Cancelled));
    }

    /// <summary>Whoever made up names of streams left folders of each for good. The longest names have a file in them, too.</summary>
    [Theory]
    [InlineData("made-up")]
    [InlineData("MADE-UP-WITH-A-NAME-THAT-IS-LONGER-THAN-A-FOLDER-MAY-BE-MADE-UP-WITH-A-NAME-THAT-IS-LONGER-THAN-A-FOLDER-MAY-BE-MADE-UP-WITH-A-NAME")]
    public async Task LetGoAsync_OfAStreamThatHeldNothing_TakesItsFoldersAway(string stream)
    {
        await using var store = FileBacklogStore.Open(Directory, BacklogSync.Always);
        for (var time = 1; time <= 2; time++)
        {
            var log = await store.OpenAsync(stream, SegmentLogKind.Records, Cancelled);
            await store.OpenAsync(stream, SegmentLogKind.DeadLetters, Cancelled);
            await store.LetGoAsync(log, isEmpty: true);
            Assert.Empty(System.IO.Directory.GetDirectories(Directory));
        }

        var held = await store.OpenAsync(stream, SegmentLogKind.Records, Cancelled);
        await held.AppendAsync(held.NextNumber, Noise(1), Cancelled);
        await held.SaveProgressAsync(new byte[3], Cancelled);
        await held.RemoveAsync([1], Cancelled);
        await store.LetGoAsync(held, isEmpty: true);
        Assert.Equal(2, (await store.OpenAsync(stream, SegmentLogKind.Records, Cancelled)).NextNumber);
    }

    /// <summary>They held the threads of the pool, up to 36 for each stream, so that the whole process stood still with its disk.</summary>
    [Fact]
    public async Task Calls_OfADiskThatHangs_HoldNoThreadOfThePool_AndAreAllAnsweredOnceItIsBack()
    {
        var disk = new TroubledDisk();
        await using var store = FileBacklogStore.Open(disk, Directory, BacklogSync.Always);
        var log = await OpenAsync(store);
        for (var number = 1; number <= 8; number++)
            await log.AppendAsync(number, Noise(1_000), Cancelled);
        disk.Hang();
        var reading = Enumerable.Range(0, 100).Select(i => log.ReadAsync(1 + i % 8, Cancelled)).ToList();
        // Its files are looked at in a loop of several threads.
        var reopening = OpenAsync(store);
        var opening = Enumerable.Range(0, 100).Select(i => store.OpenAsync($"other-{i}", SegmentLogKind.Records, Cancelled)).ToList();
        await Waiting.UntilAsync(() => disk.Hanging == DiskThreads.Most || disk.HangingOfPool > 0);
        var held = (disk.Hanging, disk.HangingOfPool);

        disk.Answer();

        Assert.Equal((DiskThreads.Most, 0), held);
        Assert.All(await Task.WhenAll(reading), static read => Assert.Equal(Noise(1_000), read));
        Assert.Equal(8, (await reopening).Found.Count);
        Assert.All(await Task.WhenAll(opening), static other => Assert.Empty(other.Found));
    }

    [Fact]
    public async Task AppendAsync_WhenTheDiskIsFull_SaysSoAndLeavesNothingBehind()
    {
        var files = new TroubledDisk();
        await using var store = FileBacklogStore.Open(files, Directory, BacklogSync.Always);
        var log = await OpenAsync(store);
        files.IsFull = true;

        Assert.True((await Assert.ThrowsAsync<BacklogStoreException>(() => log.AppendAsync(log.NextNumber, Noise(1_000), Cancelled))).IsFull);
        Assert.Null(await log.ReadAsync(log.NextNumber, Cancelled));
        // What a row of the stream left there took up the last space.
        await Assert.ThrowsAsync<StateStoreException>(() => store.WriteAsync("load", "events", 0, "one", Cancelled));
        Assert.Empty(System.IO.Directory.GetFiles(Directory, "*.unfinished", SearchOption.AllDirectories));

        files.IsFull = false;
        await log.AppendAsync(log.NextNumber, Noise(1_000), Cancelled);
        Assert.Equal(Noise(1_000), await log.ReadAsync(log.NextNumber, Cancelled));
    }

    /// <summary>The progress was saved first, and found no room: nothing was ever deleted.</summary>
    [Fact]
    public async Task RemoveAsync_OnAFullDisk_MakesItsOwnRoom_AndUsesNoNumberAgain()
    {
        var files = new TroubledDisk();
        await using (var store = FileBacklogStore.Open(files, Directory, BacklogSync.Always))
        {
            var log = await OpenAsync(store);
            files.Room = 4;
            for (var number = 1; number <= 4; number++)
                await log.AppendAsync(number, Noise(3), Cancelled);
            Assert.True((await Assert.ThrowsAsync<BacklogStoreException>(() => log.SaveProgressAsync(new byte[3], Cancelled))).IsFull);

            // The highest file's name keeps the number: nothing needs room.
            await log.RemoveAsync([2], Cancelled);
            Assert.Equal(1, files.Room);
            files.Room = 0;
            await log.RemoveAsync([1, 3, 4], Cancelled);
            Assert.Equal(2, files.Room);
        }

        await using var again = FileBacklogStore.Open(files, Directory, BacklogSync.Always);
        var reopened = await OpenAsync(again);
        Assert.Empty(reopened.Found);
        Assert.Equal(5, reopened.NextNumber);
    }

    /// <summary>A file that cannot be deleted was the last that was: all behind it stayed on the disk, and filled it.</summary>
    [Fact]
    public async Task RemoveAsync_OfAFileThatCannotBeDeleted_DeletesTheOthers()
    {
        await using var store = FileBacklogStore.Open(Directory, BacklogSync.Always);
        var log = await OpenAsync(store);
        for (var number = 1; number <= 4; number++)
            await log.AppendAsync(number, Noise(3), Cancelled);
        var first = System.IO.Directory.GetFiles(Directory, "*.segment", SearchOption.AllDirectories).Min()!;
        System.IO.File.Delete(first);
        System.IO.Directory.CreateDirectory(first);

        await Assert.ThrowsAsync<BacklogStoreException>(() => log.RemoveAsync([1, 2, 3], Cancelled));

        Assert.Null(await log.ReadAsync(2, Cancelled));
        Assert.Null(await log.ReadAsync(3, Cancelled));
        Assert.NotNull(await log.ReadAsync(4, Cancelled));
    }

    /// <summary>Where each log has one segment, nothing made room for its progress: neither ever went, and the disk stayed full for good.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RemoveAsync_OfTheOnlySegmentOnAFullDisk_MakesItsOwnRoom(bool hasProgress)
    {
        var files = new TroubledDisk();
        byte[] progress = hasProgress ? [1] : [];
        await using (var store = FileBacklogStore.Open(files, Directory, BacklogSync.Always))
        {
            var log = await OpenAsync(store);
            if (hasProgress)
                await log.SaveProgressAsync(progress, Cancelled);
            files.Room = 1;
            await log.AppendAsync(1, Noise(3), Cancelled);
            await log.RemoveAsync([1], Cancelled);
            Assert.Equal(progress.Length, files.Room);
        }

        await using var again = FileBacklogStore.Open(files, Directory, BacklogSync.Always);
        var reopened = await OpenAsync(again);
        Assert.Equal(2, reopened.NextNumber);
        Assert.Equal(progress, reopened.Progress.ToArray());
        Assert.Empty(reopened.Found);
    }

    /// <summary>Its folder has the stream's name in a file, which was written at each opening.</summary>
    [Fact]
    public async Task OpenAsync_OfAStreamWithALongName_WorksOnAFullDisk()
    {
        var stream = new string('S', 128);
        var files = new TroubledDisk();
        await using (var store = FileBacklogStore.Open(files, Directory, BacklogSync.Always))
        {
            var log = await store.OpenAsync(stream, SegmentLogKind.Records, Cancelled);
            await log.AppendAsync(log.NextNumber, Noise(3), Cancelled);
        }

        files.IsFull = true;
        await using var again = FileBacklogStore.Open(files, Directory, BacklogSync.Always);
        Assert.Single((await again.OpenAsync(stream, SegmentLogKind.Records, Cancelled)).Found);
        Assert.Equal([stream], await again.ListStreamsAsync(Cancelled));
    }

    /// <summary>What Linux says when there is no space, from Linux.</summary>
    [Fact]
    public void Write_ToADiskThatIsFull_IsToldAsFull()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        var said = Assert.Throws<IOException>(() => WriteToFull());

        Assert.True(FileFailure.Of("folder", said).IsFull);
        Assert.False(FileFailure.Of("folder", new IOException("no")).IsFull);

        static void WriteToFull()
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            full.Write(new byte[10]);
        }
    }

    [Theory]
    [InlineData("events", "events")]
    [InlineData("a.b_c-D", "a.b_c-%44")]
    [InlineData("..", "%2E%2E")]
    [InlineData("lock", "%6Cock")]
    [InlineData("format", "%66ormat")]
    [InlineData("formats", "formats")]
    [InlineData("arn:aws:kinesis:eu-west-1:1:stream/e", "arn%3Aaws%3Akinesis%3Aeu-west-1%3A1%3Astream%2Fe")]
    public void FolderName_OfAStream_IsAPlainName(string stream, string folder)
    {
        Assert.Equal(folder, FolderName.Of(stream));
        Assert.Equal(stream, FolderName.StreamOf(folder));
    }

    [Theory]
    [InlineData("con", "%63on")]
    [InlineData("nul.txt", "%6Eul.txt")]
    [InlineData("lpt1", "%6Cpt1")]
    [InlineData("console", "console")]
    public void FolderName_OfADevice_IsAnotherOnWindows(string stream, string folder)
    {
        Assert.Equal(folder, FolderName.Of(stream, isWindows: true));
        Assert.Equal(stream, FolderName.Of(stream, isWindows: false));
    }

    /// <summary>Records are for this process only, whatever umask says.</summary>
    [Fact]
    public async Task Files_OfTheStore_AreForTheirOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
            return; // a folder there has the rights of the one above it
        await using (var store = FileBacklogStore.Open(Directory, BacklogSync.Always))
        {
            var log = await store.OpenAsync("events", SegmentLogKind.Records, Cancelled);
            await log.AppendAsync(log.NextNumber, Noise(3), Cancelled);
        }

        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        var all = new DirectoryInfo(Path.Combine(_folder.Path, "new")).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).ToList();
        Assert.Contains(all, f => f.Name.EndsWith(".segment", StringComparison.Ordinal));
        Assert.All(all, f => Assert.Equal((f.Name, (UnixFileMode)0), (f.Name, f.UnixFileMode & others)));
    }

    private protected override Task<IBacklogStore> StartAsync() => Task.FromResult<IBacklogStore>(FileBacklogStore.Open(Directory, BacklogSync.Always));

    /// <summary>The lock lets nobody take over before the former one has let go.</summary>
    private protected override async Task<IBacklogStore> TakeOverAsync(IBacklogStore former)
    {
        await former.DisposeAsync();
        return await StartAsync();
    }

    private protected override async Task<byte[]?> ReadAsideAsync(IBacklogStore store, string place, long number) =>
        await File.ReadAllBytesAsync(place, Cancelled);
}
