using System.Runtime.CompilerServices;

namespace CoordPS.Containers;

public sealed partial class DockerEngineClient
{
    private const string DigestStatus = "Digest: ";

    /// <summary>Lists images.</summary>
    /// <param name="filters">Names such as <c>reference</c>, <c>label</c> or <c>dangling</c>, each with its values.</param>
    /// <param name="all">Whether those are listed that only others are built on.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<ImageSummary>> GetImagesAsync(
        IReadOnlyDictionary<string, string[]>? filters = null, bool all = false, CancellationToken ct = default)
    {
        EngineRequest request = EngineRequest.Get("images/json", "list the images").With("all", all)
            .WithFilters(new Dictionary<string, string[]>(filters ?? new Dictionary<string, string[]>()));
        return await SendAsync(request, ImageJson.Default.ImageSummaryArray, ct).ConfigureAwait(false);
    }

    /// <summary>Looks at an image.</summary>
    /// <param name="image">Its name or ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="DockerNotFoundException">There is none.</exception>
    public Task<ImageDetails> GetImageAsync(string image, CancellationToken ct = default) => SendAsync(
        EngineRequest.Get($"images/{EngineRequest.Escape(image)}/json", $"look at the image '{image}'", image), ImageJson.Default.ImageDetails, ct);

    /// <summary>Gives an image a further name.</summary>
    /// <param name="image">Its name or ID.</param>
    /// <param name="reference">The name.</param>
    /// <param name="ct">Gives up.</param>
    public Task TagImageAsync(string image, string reference, CancellationToken ct = default)
    {
        ImageReference name = ImageReference.Parse(reference);
        return SendAsync(EngineRequest.Post($"images/{EngineRequest.Escape(image)}/tag", $"name the image '{image}' '{reference}'", image)
            .With("repo", name.Repository).With("tag", name.EffectiveTag), ct);
    }

    /// <summary>Removes a name, and the image when it was the last.</summary>
    /// <param name="image">Its name or ID.</param>
    /// <param name="force">Whether one goes that has several names, or a stopped container.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="DockerConflictException">A container uses it.</exception>
    public async Task<IReadOnlyList<ImageRemoval>> RemoveImageAsync(string image, bool force = false, CancellationToken ct = default)
    {
        EngineRequest request = EngineRequest.Delete($"images/{EngineRequest.Escape(image)}", $"remove the image '{image}'", image).With("force", force);
        try
        {
            return await SendAsync(request, ImageJson.Default.ImageRemovalArray, ct).ConfigureAwait(false);
        }
        catch (DockerConflictException e)
        {
            IReadOnlyList<string> users = await GetImageUsersAsync(image, ct).ConfigureAwait(false);
            throw users.Count == 0 ? e : new DockerConflictException($"Can't {request.Purpose}: {string.Join(", ", users.Select(static user => $"'{user}'"))} use{(users.Count == 1 ? "s" : "")} it",
                "Remove what uses it first; what is only stopped does not stand in the way of -Force.", image, Endpoint);
        }
    }

    /// <summary>The names of the containers, running or not, that were made from an image or one built on it.</summary>
    /// <param name="image">Its name or ID.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<IReadOnlyList<string>> GetImageUsersAsync(string image, CancellationToken ct = default)
    {
        EngineRequest request = EngineRequest.Get("containers/json", $"list the containers of the image '{image}'", image).With("all", true)
            .WithFilters(new Dictionary<string, string[]> { ["ancestor"] = [image] });
        ImageUser[] users = await SendAsync(request, ImageJson.Default.ImageUserArray, ct).ConfigureAwait(false);
        return [.. users.Select(static user => user.Names is [{ } name, ..] ? name.TrimStart('/') : user.Id[..12])];
    }

    /// <summary>Pushes an image, and tells how far it is; the last event has the digest.</summary>
    /// <param name="reference">Its name, with the registry.</param>
    /// <param name="auth">The credentials; those of <c>config.json</c> if null.</param>
    /// <param name="ct">Gives up; what the registry has by then has no name there.</param>
    /// <exception cref="DockerException">The registry can't be reached or refuses.</exception>
    public IAsyncEnumerable<TransferEvent> PushImageAsync(string reference, RegistryAuth? auth = null, CancellationToken ct = default)
    {
        ImageReference name = ImageReference.Parse(reference);
        EngineRequest request = EngineRequest.Post($"images/{EngineRequest.Escape(name.Repository)}/push", $"push '{reference}'", reference).With("tag", name.EffectiveTag);
        return TransferAsync(request, name, auth, ct);
    }

    /// <summary>Pulls an image, and tells how far it is; the last event has the digest.</summary>
    /// <param name="reference">Its name, with the registry.</param>
    /// <param name="auth">The credentials; those of <c>config.json</c> if null.</param>
    /// <param name="platform">The platform, such as <c>linux/arm64</c>; the engine's own if null.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="DockerException">The registry can't be reached, refuses or has no such image.</exception>
    public IAsyncEnumerable<TransferEvent> PullImageAsync(string reference, RegistryAuth? auth = null, string? platform = null, CancellationToken ct = default)
    {
        ImageReference name = ImageReference.Parse(reference);
        EngineRequest request = EngineRequest.Post("images/create", $"pull '{reference}'", reference)
            .With("fromImage", name.Repository).With("tag", name.Digest ?? name.EffectiveTag).With("platform", platform);
        return TransferAsync(request, name, auth, ct);
    }

    private async IAsyncEnumerable<TransferEvent> TransferAsync(
        EngineRequest request, ImageReference name, RegistryAuth? auth, [EnumeratorCancellation] CancellationToken ct)
    {
        auth ??= await new RegistryCredentials(_environment).GetAsync(name.Registry, ct).ConfigureAwait(false);
        request.WithHeader("X-Registry-Auth", RegistryAuth.ToHeader(auth));
        string? digest = null;
        IAsyncEnumerator<ProgressMessage> messages = StreamAsync(request, ImageJson.Default.ProgressMessage, ct).GetAsyncEnumerator(ct);
        await using (messages.ConfigureAwait(false))
        {
            while (await MoveNextAsync().ConfigureAwait(false))
            {
                ProgressMessage message = messages.Current;
                if (message.Error is { } error)
                    throw RegistryErrors.From(error.Message ?? "the engine does not say why", request, Endpoint);
                if (message.Status?.StartsWith(DigestStatus, StringComparison.Ordinal) == true)
                    digest = message.Status[DigestStatus.Length..];
                digest = message.Result?.Digest ?? digest;
                if (message.Status is { } status)
                    yield return new TransferEvent(message.Id, status, message.Progress?.Current, message.Progress?.Total, null);
            }
        }

        if (digest is null)
        {
            // An engine that is stopped ends the stream without an error.
            throw new EngineUnreachableException(DockerError.EngineConnectionLost, $"Can't {request.Purpose}: the engine ended the transfer without a digest",
                "See whether the engine runs, and try again.", Endpoint, request.Subject);
        }

        yield return new TransferEvent(null, "Done", null, null, digest);

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await messages.MoveNextAsync().ConfigureAwait(false);
            }
            catch (DockerException e) when (e.Said is not null)
            {
                throw RegistryErrors.From(e, request, Endpoint);
            }
        }
    }
}
