// Runs in workerd: the bucket over HTTP, for the test alone.

export default {
  async fetch(request, { BUCKET }) {
    const { pathname, searchParams } = new URL(request.url);
    const argument = JSON.parse(searchParams.get("argument"));
    switch (pathname) {
      case "/get": {
        const object = await BUCKET.get(argument);
        return object ? new Response(object.body) : new Response("absent", { status: 404 });
      }
      case "/put":
        await BUCKET.put(argument, await request.arrayBuffer());
        return new Response();
      case "/delete":
        await BUCKET.delete(argument);
        return new Response();
      default: {
        const { objects, truncated, cursor } = await BUCKET.list({ ...argument, include: ["customMetadata"] });
        const known = objects.map(({ key, customMetadata }) => ({ key, customMetadata }));
        return Response.json({ objects: known, truncated, cursor });
      }
    }
  },
};
